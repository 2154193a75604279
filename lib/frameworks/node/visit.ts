/** One request of a framework on Node: what Tidegate gives to it, each part made when it is first asked for. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Caller, withinRequest } from "../../guard/ambient.ts";
import type { GuardedDatabase } from "../../guard/database/guarded-database.ts";
import type { Asker } from "../../http/address/peer.ts";
import type { Asked } from "../../http/answers.ts";
import type { Entrance } from "../../http/entrance.ts";
import { knownMethod } from "../../http/route.ts";
import type { RequestTrace } from "../../http/traced.ts";
import { TRACE_RESPONSE } from "../../telemetry/request.ts";
import type { RequestTide } from "../request-tide.ts";

/** In lower case, as Node and Fastify keep it: each other way to write it would be made so for every request. */
export const REQUEST_ID = "x-request-id";

/** Frameworks take a part of the address off what they hand on, and keep the whole. */
type Incoming = IncomingMessage & { readonly originalUrl?: string };

/** One object is all: whatever else a request were to make, each of them would pay for. */
export class Visit extends Caller implements RequestTide, Asker {
  readonly requestId: string;
  readonly incoming: IncomingMessage;
  readonly #entrance: Entrance;
  readonly #outgoing: ServerResponse;
  #signal: AbortSignal | undefined;
  #db: GuardedDatabase | undefined;
  #trace: RequestTrace | undefined;

  constructor(entrance: Entrance, incoming: IncomingMessage, outgoing: ServerResponse) {
    super();
    this.#entrance = entrance;
    this.#outgoing = outgoing;
    this.incoming = incoming;
    this.requestId = entrance.requestId(headerOf(incoming, REQUEST_ID));
    if (incoming.method === "HEAD") endAtHead(outgoing);
  }

  get env(): this {
    return this;
  }

  get req(): this {
    return this;
  }

  header(name: string): string | undefined {
    return headerOf(this.incoming, name);
  }

  get signal(): AbortSignal {
    this.#signal ??= callerOf(this.#outgoing);
    return this.#signal;
  }

  get db(): GuardedDatabase {
    this.#db ??= this.#entrance.database(this.signal);
    return this.#db;
  }

  /**
   * Times it, from here to the end of its answer. One that was not answered is not told.
   *
   * @param route Its pattern, as the framework knows it when it is asked.
   */
  timed(route: () => string | undefined): void {
    const { now, recordRequest } = this.#entrance;
    const { incoming } = this;
    const outgoing = this.#outgoing;
    const startedAt = now();
    outgoing.once("close", () => {
      if (!outgoing.headersSent) return;
      recordRequest({
        method: incoming.method ?? "GET",
        route: meaningOf(route()),
        status: outgoing.statusCode,
        tookMs: now() - startedAt,
        scheme: schemeOf(incoming),
      });
    });
  }

  /**
   * Begins its trace, where requests are traced, which ends with its answer.
   *
   * @param route Its pattern, as the framework knows it when it is asked.
   */
  traced(route: () => string | undefined): void {
    const { tracing } = this.#entrance;
    if (!tracing?.isOn()) return;
    const { incoming, requestId } = this;
    const { method, path } = askedOf(incoming, this.#outgoing, requestId);
    const header = (name: string) => headerOf(incoming, name);
    const request = { method: knownMethod(method), path, scheme: schemeOf(incoming), requestId, header };
    const trace = tracing.begin(request, route);
    if (trace.response !== null) this.#outgoing.setHeader(TRACE_RESPONSE, trace.response);
    this.#outgoing.once("close", () => trace.end(this.#outgoing.statusCode));
    this.#trace = trace;
  }

  /** Calls the rest of the application for this caller. */
  within<Value>(work: () => Value): Value {
    return this.#trace ? this.#trace.within(() => withinRequest(this, work)) : withinRequest(this, work);
  }
}

const schemeOf = ({ socket }: IncomingMessage): string =>
  (socket as { readonly encrypted?: boolean }).encrypted ? "https" : "http";

/** One that fits everything says nothing. */
const meaningOf = (route: string | undefined): string | undefined =>
  route === "*" || route === "/*" ? undefined : route;

export function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" ? value : value?.join(", ");
}

/** Node would take all that a handler writes behind a head, and drop it. */
function endAtHead(outgoing: ServerResponse): void {
  const write = outgoing.write.bind(outgoing) as (...written: unknown[]) => boolean;
  outgoing.write = (...written: unknown[]): boolean => {
    if (outgoing.writableEnded) return false;
    write(...written);
    outgoing.end();
    return false;
  };
}

/** Aborted when the connection is gone before the answer has been sent, or when that was no more than its head. */
export function callerOf(outgoing: ServerResponse): AbortSignal {
  const caller = new AbortController();
  const leave = () => {
    if (!isSent(outgoing)) caller.abort(new DOMException("The caller has left.", "AbortError"));
    else if (outgoing.req.method === "HEAD") caller.abort(new DOMException("Nobody reads the answer.", "AbortError"));
  };
  if (outgoing.closed || outgoing.destroyed) leave();
  else outgoing.once("close", leave);
  return caller.signal;
}

/** HTTP/2 does not tell of the last byte. */
const isSent = ({ writableFinished, writableEnded }: ServerResponse): boolean => writableFinished ?? writableEnded;

/** For an answer and the log. */
export function askedOf(incoming: Incoming, outgoing: ServerResponse, requestId: string): Asked {
  const url = incoming.originalUrl ?? incoming.url ?? "/";
  const end = url.indexOf("?");
  return {
    method: incoming.method ?? "GET",
    path: end === -1 ? url : url.slice(0, end),
    requestId,
    isAbandoned: outgoing.destroyed && !isSent(outgoing),
  };
}
