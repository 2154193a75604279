/** What a page hands in and hears. The names are those of `MesApi`, which pages already use. */

/** What a parameter of the query may be; null and undefined are left out. */
export type ParamValue = string | number | boolean | null | undefined;

/** What one call is made with. */
export interface RequestOptions {
  /** Become the query: null and undefined are left out, a list gives its name several times. */
  readonly params?: Readonly<Record<string, ParamValue | readonly ParamValue[]>>;
  /** Longest one attempt may take until its body is read, in milliseconds; waiting between attempts does not count. Default 30,000. */
  readonly timeout?: number;
  /** Most attempts after the first. Default 3. */
  readonly retries?: number;
  /** Gives up, also while waiting. A call with a signal of its own shares its fetch with no other. */
  readonly signal?: AbortSignal;
  /** No event tells of this call. */
  readonly silent?: boolean;
  /** Sent beside those of the client. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** When calls go on, for a banner and its countdown. */
export interface Wait {
  /** What was called. */
  readonly url: string;
  /** Whose trouble it is: a gate's of which the answer spoke, else `main`, which stands for the whole service. */
  readonly gate: string;
  /** The contract's code; null where the answer had none, or there was no answer. */
  readonly code: string | null;
  /** A sentence for people. */
  readonly message: string;
  /** From now on, rounded up. */
  readonly secondsLeft: number;
  /** The same as a time: milliseconds since 1970 by this device's clock. */
  readonly until: number;
}

/** What is told of an answer that stands in for a new one. */
export interface StaleAnswer {
  /** When its source was asked: milliseconds since 1970, by the service's clock. */
  readonly asOf: number;
  /** The same as an age when it was answered, whatever this device's clock says. */
  readonly ageSeconds: number;
  /** Why there is no new one: the contract's code; null where that was not said. */
  readonly code: string | null;
  /** As the service said it; the next call to this address waits for that, 60 s at most. Null where it did not. */
  readonly retryAfterSeconds: number | null;
}

/** What a page may listen to. */
export interface ClientEvents {
  /**
   * The service said when to come back: until then calls wait, in this tab and in the others. For `main` all of them; for
   * another gate those to addresses where it has refused somebody before.
   */
  readonly degraded: Wait & { readonly requestId: string | null };
  /** This call will be made again. `attempt` is the one to come; the first is 1. */
  readonly retrying: Wait & { readonly attempt: number };
  /** The first answer after that, from an address behind the same gate. */
  readonly recovered: { readonly url: string; readonly gate: string };
  /** This call was answered, with the last good answer: there is no new one. */
  readonly stale: StaleAnswer & { readonly url: string };
  /** The first new answer of an address after that. */
  readonly fresh: { readonly url: string };
}

/** Calls that wait when a service says so, instead of asking on. */
export interface Client {
  /**
   * Asks for `url`, relative to the page. Several that ask for the same at the same time share one request.
   *
   * @returns The parsed body; null where there is none.
   * @throws MesApiError once no attempt is left; TypeError for a URL that is none.
   * @example
   * ```ts
   * const { data } = await MesApi.get<{ data: Order[] }>("/api/orders", { params: { open: true }, timeout: 5_000 });
   * ```
   */
  get<Body = unknown>(url: string, options?: RequestOptions): Promise<Body>;
  /**
   * Sends `data` as JSON. Made again only with an `Idempotency-Key` in `headers`.
   *
   * @returns The parsed body; null where there is none.
   * @throws MesApiError once no attempt is left; TypeError for a URL that is none, or data that JSON cannot hold.
   */
  post<Body = unknown>(url: string, data?: unknown, options?: RequestOptions): Promise<Body>;
  /**
   * Calls `listener` from now on. One that throws disturbs nothing but itself.
   *
   * @returns What ends it.
   * @example
   * ```ts
   * MesApi.on("degraded", ({ message, secondsLeft }) => banner.show(message, secondsLeft));
   * ```
   */
  on<Type extends keyof ClientEvents>(type: Type, listener: (event: ClientEvents[Type]) => void): () => void;
}
