/** Who reads an answer. */
import { Caller } from "../ambient.ts";

/** The caller of a request, and whether the answer still has somebody who will read it. Signals are made when asked for. */
export class Reader extends Caller {
  readonly #signalOf: () => AbortSignal;
  #unread: AbortController | undefined;
  #abandoned: { readonly reason: unknown } | undefined;

  /** @param signalOf Makes, or finds, the caller's own signal. */
  constructor(signalOf: () => AbortSignal) {
    super();
    this.#signalOf = signalOf;
  }

  /** Aborted when the caller has left. */
  get signal(): AbortSignal {
    return this.#signalOf();
  }

  /** Aborted where nobody will read the answer, any more: streams end then, and nothing else does. */
  get unread(): AbortSignal {
    this.#unread ??= new AbortController();
    if (this.#abandoned) this.#unread.abort(this.#abandoned.reason);
    return this.#unread.signal;
  }

  /** From now on nobody will. */
  abandon(reason: unknown): void {
    this.#abandoned ??= { reason };
    this.#unread?.abort(reason);
  }
}
