/**
 * Traces and meters by OpenTelemetry, of whichever SDK the application has registered: `@opentelemetry/api` is imported
 * here and by `opentelemetry-meters` alone. Providers are looked up when something is to be told, so that it does not matter which was there first;
 * without one, nothing is made for it.
 */
import {
  type Attributes as ApiAttributes,
  type Span as ApiSpan,
  type Context,
  context,
  INVALID_TRACEID,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  type TracerProvider,
  trace,
} from "@opentelemetry/api";
import { createMeters } from "./opentelemetry-meters.ts";
import type { Attributes, Span, SpanOptions, Telemetry, TraceIds, Tracing } from "./port.ts";

export type {
  Attributes,
  DurationName,
  Labels,
  Meters,
  Span,
  SpanKind,
  SpanOptions,
  Telemetry,
  TraceIds,
  Tracing,
} from "./port.ts";

/** By which an SDK tells where spans and figures come from: the package, and its version as `package.json` has it. */
const SCOPE = ["tidegate", "0.1.0"] as const;

/**
 * Spans and durations for the OpenTelemetry SDK that the application registers, before or after this is called. The
 * package `@opentelemetry/api` has to be installed.
 *
 * What a processor, an exporter or a propagator throws is swallowed: it is no failure of what was traced.
 *
 * @example
 * ```ts
 * import { tidegate } from "tidegate";
 * import { openTelemetry } from "tidegate/adapters/opentelemetry";
 *
 * const tide = tidegate({ database: postgres(url), store: memory(), telemetry: openTelemetry() });
 * ```
 */
export function openTelemetry(): Telemetry {
  return { tracing: createTracing(), meters: createMeters(...SCOPE) };
}

const KINDS = { internal: SpanKind.INTERNAL, server: SpanKind.SERVER, client: SpanKind.CLIENT } as const;

/** Watching must not break what is watched. */
function quietly<Value>(tell: () => Value, otherwise: Value): Value {
  try {
    return tell();
  } catch {
    return otherwise;
  }
}

/** One span of the API. Each method is on the way of every call: none makes anything that it can do without. */
class TracedSpan implements Span {
  readonly #span: ApiSpan;
  readonly #parent: Context;
  #context: Context | undefined;

  constructor(span: ApiSpan, parent: Context) {
    this.#span = span;
    this.#parent = parent;
  }

  /** With it under way. */
  get context(): Context {
    this.#context ??= trace.setSpan(this.#parent, this.#span);
    return this.#context;
  }

  get ids(): TraceIds | null {
    return quietly(() => idsOf(this.#span), null);
  }

  set(attributes: Attributes): void {
    try {
      this.#span.setAttributes(attributes);
    } catch {}
  }

  rename(name: string): void {
    try {
      this.#span.updateName(name);
    } catch {}
  }

  event(name: string, attributes?: Attributes): void {
    try {
      this.#span.addEvent(name, attributes);
    } catch {}
  }

  fail(errorType: string): void {
    try {
      this.#span.setAttribute("error.type", errorType);
      this.#span.setStatus({ code: SpanStatusCode.ERROR });
    } catch {}
  }

  end(): void {
    try {
      this.#span.end();
    } catch {}
  }
}

const NOTHING: Span = { ids: null, set() {}, rename() {}, event() {}, fail() {}, end() {} };

/** What the caller has sent counts for more than what is under way; a sender that says nothing changes nothing. */
function parentOf({ continues, root }: SpanOptions): Context {
  if (root) return ROOT_CONTEXT;
  if (!continues) return context.active();
  return propagation.extract(context.active(), continues, { get: (header, name) => header(name), keys: () => [] });
}

function idsOf(span: ApiSpan | undefined): TraceIds | null {
  if (!span) return null;
  const { traceId, spanId, traceFlags } = span.spanContext();
  if (traceId === INVALID_TRACEID) return null;
  return { traceId, spanId, sampled: (traceFlags & TraceFlags.SAMPLED) !== 0 };
}

const idsHere = (): TraceIds | null => idsOf(trace.getActiveSpan());

function activeHere(): Span | null {
  const span = trace.getActiveSpan();
  if (!span) return null;
  if (span.isRecording()) return new TracedSpan(span, ROOT_CONTEXT);
  // One that is over may still be what a timer was begun in, and one of somebody else is that of a caller.
  const ids = span.spanContext();
  return ids.isRemote || ids.traceId === INVALID_TRACEID ? null : NOTHING;
}

function createTracing(): Tracing {
  const tracerNow = tracerLookup();
  return {
    isOn: () => tracerNow() !== null,
    current: () => quietly(idsHere, null),
    active: () => quietly(activeHere, null),
    begin: (name, options = {}) => {
      try {
        const tracer = tracerNow();
        if (!tracer) return NOTHING;
        const { kind = "internal", attributes } = options;
        const parent = parentOf(options);
        // The SDK takes a copy of its own.
        const own = attributes as ApiAttributes;
        return new TracedSpan(tracer.startSpan(name, { kind: KINDS[kind], attributes: own }, parent), parent);
      } catch {
        return NOTHING;
      }
    },
    within: (span, work) => (span instanceof TracedSpan ? context.with(span.context, work) : work()),
    headers: (span) =>
      quietly(() => {
        const headers: Record<string, string> = {};
        propagation.inject(span instanceof TracedSpan ? span.context : context.active(), headers);
        return headers;
      }, {}),
  };
}

interface Proxy extends TracerProvider {
  getDelegateTracer(name: string, version: string): Tracer | undefined;
}

/** Null while no SDK is registered: the API then has a provider of its own, in whose place one comes later. */
function tracerLookup(): () => Tracer | null {
  let known: TracerProvider | null = null;
  let tracer: Tracer | null = null;
  return () => {
    const provider = trace.getTracerProvider();
    if (provider !== known) {
      known = provider;
      tracer = null;
    }
    if (tracer) return tracer;
    const isProxy = "getDelegateTracer" in provider;
    tracer = isProxy ? ((provider as Proxy).getDelegateTracer(...SCOPE) ?? null) : provider.getTracer(...SCOPE);
    return tracer;
  };
}
