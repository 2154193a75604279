/** Requests as spans, whoever routes them, and their routes for what is below: nothing where nobody asked for either. */
import type { Context, MiddlewareHandler, Next } from "hono";
import { withAmbient } from "../telemetry/ambient.ts";
import type { Tracing } from "../telemetry/port.ts";
import { beginRequest, TRACE_RESPONSE, type TracedRequest, traceResponse } from "../telemetry/request.ts";
import { ownPartOf, pathOf } from "./own.ts";
import { knownMethod, routeOf } from "./route.ts";
import { setHeader } from "./set-header.ts";
import { withoutSecrets } from "./without-secrets.ts";

export interface TracedOptions {
  /** Null: there are no traces. */
  readonly tracing: Tracing | null;
  /** What is asked inside a request wants to know its route. */
  readonly tellsRoutes: boolean;
}

/** One request that is to be traced. */
export interface RequestTrace {
  /** For the answer: {@link TRACE_RESPONSE}. Null where nothing is under way. */
  readonly response: string | null;
  /** Calls the rest of the application inside it. */
  within<Value>(work: () => Value): Value;
  /** It was answered. Once. */
  end(status: number): void;
}

export interface RequestTracing {
  /** Whether anybody would hear of it. */
  isOn(): boolean;
  /** @param route Its pattern, as far as it is known when it is asked; undefined where there is none. */
  begin(request: TracedRequest, route: () => string | undefined): RequestTrace;
}

/** Null where requests need not be traced. */
export function requestTracing({ tracing, tellsRoutes }: TracedOptions): RequestTracing | null {
  if (!tracing && !tellsRoutes) return null;
  const begin: RequestTracing["begin"] = (request, route) => {
    const begun = tracing && beginRequest(tracing, request, withoutSecrets);
    const span = begun?.span;
    const ids = (span ? span.ids : tracing?.current()) ?? null;
    const inSpan = <Value>(work: () => Value): Value => (span && tracing ? tracing.within(span, work) : work());
    return {
      response: ids && traceResponse(ids),
      within: (work) => inSpan(tellsRoutes ? () => withAmbient({ route }, work) : work),
      end: (status) => begun?.end(status, route()),
    };
  };
  return { isOn: () => tellsRoutes || tracing?.isOn() === true, begin };
}

/** What serves requests, within their traces: it stands behind what gives them their id. Probes are nobody's request. */
export function traced({ isOn, begin }: RequestTracing, serve: MiddlewareHandler): MiddlewareHandler {
  // No step of its own on the way of those that are not traced.
  return (c, next) => (isOn() && ownPartOf(c) !== "health" ? inTrace(c, next) : serve(c, next));

  async function inTrace(c: Context, next: Next): Promise<void> {
    const request: TracedRequest = {
      method: knownMethod(c.req.method),
      path: pathOf(c),
      scheme: c.req.url.slice(0, c.req.url.indexOf(":")),
      requestId: c.get("requestId"),
      header: (name) => c.req.header(name),
    };
    const trace = begin(request, () => routeOf(c));
    try {
      await trace.within(() => serve(c, next));
    } finally {
      if (trace.response !== null) setHeader(c, TRACE_RESPONSE, trace.response);
      trace.end(c.finalized ? c.res.status : 500);
    }
  }
}
