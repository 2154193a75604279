/**
 * What an application may have to see its requests by: traces and meters of a standard that others keep. Nothing here
 * throws, blocks or waits; what is `null` costs a comparison.
 *
 * Map of this folder: `port` (this file) is what everybody else goes by, `opentelemetry` the entry that does it by
 * OpenTelemetry, with `opentelemetry-meters`. What is traced: `request`, `statement` with its `statement-text`, of a whole
 * database by `traced-database`, and any other piece of work by `span`. `ambient` is what is known of the request that
 * something runs in, for those who are handed nothing; `sql-comment` says it to the database.
 */

/** Of what is under way: the ids that a trace is found by, in hexadecimal. */
export interface TraceIds {
  /** 32 digits. */
  readonly traceId: string;
  /** 16 digits. */
  readonly spanId: string;
  /** Somebody keeps it. */
  readonly sampled: boolean;
}

/** What spans and their events carry, by the names of the semantic conventions. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** What a span is to its trace. */
export type SpanKind = "internal" | "server" | "client";

/** A piece of work in a trace, from its beginning to `end`. */
export interface Span {
  /** By which it is found; null for one that nobody takes. */
  readonly ids: TraceIds | null;
  /** Says more about it, or what was not known when it began. */
  set(attributes: Attributes): void;
  /** Its name, where that is known only later: a request's route. */
  rename(name: string): void;
  /** Something has happened in it. */
  event(name: string, attributes?: Attributes): void;
  /** It has failed. @param errorType A code or a name of few values; never a message. */
  fail(errorType: string): void;
  /** It is over. Once. */
  end(): void;
}

/** How a span begins. */
export interface SpanOptions {
  /** What it is to its trace. Default: `internal`. */
  readonly kind?: SpanKind;
  /** What is known of it from its beginning, by which it may be sampled. */
  readonly attributes?: Attributes;
  /** A header that a caller has sent, by its name in lower case, whose trace this goes on with where it has one. */
  readonly continues?: (header: string) => string | undefined;
  /** Begins a trace of its own, below nothing. */
  readonly root?: boolean;
}

/** Traces. */
export interface Tracing {
  /** Whether anybody takes spans: where nobody does, nothing is made for one. */
  isOn(): boolean;
  /** Of what is under way here; null where nothing is. */
  current(): TraceIds | null;
  /** The span under way here, to hang events on, whether or not it is kept; null where none of this process is. */
  active(): Pick<Span, "event" | "set"> | null;
  /** Begins a span, below what is under way. It is under way itself only {@link within} it. */
  begin(name: string, options?: SpanOptions): Span;
  /** Calls `work` with `span` under way: whatever is begun inside is below it. Throws what `work` throws. */
  within<Value>(span: Span, work: () => Value): Value;
  /** What a request to somebody else has to carry for its trace to go on there: `traceparent` and its kin. */
  headers(span?: Span): Readonly<Record<string, string>>;
}

/** Label names and values of a measurement; both of few values. */
export type Labels = Readonly<Record<string, string>>;

/** Figures of one process, as they come about. */
export interface Meters {
  /**
   * A duration, in seconds.
   *
   * @param beside What the conventions of others want to be told with it, by their names; figures of our own leave it out.
   */
  record(histogram: DurationName, seconds: number, labels: Labels, beside?: Attributes): void;
}

/** Takes down one duration, in seconds. */
export type Timing = (seconds: number) => void;

/** Meters for those who measure with every call: what is settled of it is looked up once. */
export interface Instruments extends Meters {
  timing(histogram: DurationName, labels: Labels, beside?: Attributes): Timing;
}

/** Where nobody measures. */
export const NO_METERS: Instruments = { record: () => {}, timing: () => () => {} };

/** The durations that are measured, by their names in `/metrics`. */
export type DurationName =
  | "tidegate_call_duration_seconds"
  | "tidegate_wait_seconds"
  | "tidegate_statement_duration_seconds"
  | "http_server_request_duration_seconds";

/** Upper bounds of the buckets in which those are counted, in seconds, whoever counts them. */
export const DURATION_BOUNDS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];

/** What `tidegate({ telemetry })` takes: `openTelemetry()` of `tidegate/adapters/opentelemetry`. */
export interface Telemetry {
  /** Spans of requests, waits, statements, kept answers and hooks. */
  readonly tracing: Tracing;
  /** Durations of calls, waits, statements and requests. */
  readonly meters: Meters;
}
