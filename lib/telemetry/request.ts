/** A request as a span, by the semantic conventions of HTTP, where nobody else has made one of it. */
import type { Span, TraceIds, Tracing } from "./port.ts";

/** A request, as far as a span tells of it. */
export interface TracedRequest {
  /** `_OTHER` where it is none that is known. */
  readonly method: string;
  /** Without its query, which may hold anything. */
  readonly path: string;
  readonly scheme: string;
  readonly requestId: string;
  /** By its name in lower case. */
  header(name: string): string | undefined;
}

const nameOf = (method: string): string => (method === "_OTHER" ? "HTTP" : method);

/** A request's span, from its beginning to its answer. */
export interface RequestSpan {
  /** Null where it is that of the application's own instrumentation, and so under way already. */
  readonly span: Span | null;
  /** @param route The pattern; undefined where no route has answered. */
  end(status: number, route: string | undefined): void;
}

/**
 * Null where nobody takes spans.
 *
 * @param mask Keeps the secrets of a path, such as that of a link that was sent by mail, from who collects spans.
 */
export function beginRequest(
  tracing: Tracing,
  request: TracedRequest,
  mask: (path: string) => string,
): RequestSpan | null {
  if (!tracing.isOn()) return null;
  const { method, path, scheme, requestId } = request;
  const own = { "tidegate.request_id": requestId };
  const others = tracing.active();
  if (others) {
    others.set(own);
    return { span: null, end: (_status, route) => route !== undefined && others.set({ "http.route": route }) };
  }
  const span = tracing.begin(nameOf(method), {
    kind: "server",
    continues: (name) => request.header(name),
    attributes: { "http.request.method": method, "url.path": mask(path), "url.scheme": scheme, ...own },
  });
  const end = (status: number, route: string | undefined): void => {
    span.set({ "http.response.status_code": status, ...(route !== undefined && { "http.route": route }) });
    if (route !== undefined) span.rename(`${nameOf(method)} ${route}`);
    if (status >= 500) span.fail(String(status));
    span.end();
  };
  return { span, end };
}

/** By which who was answered finds the trace. https://w3c.github.io/trace-context/#traceresponse-header */
export const TRACE_RESPONSE = "traceresponse";

export const traceResponse = ({ traceId, spanId, sampled }: TraceIds): string =>
  `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`;
