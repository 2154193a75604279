/**
 * The log: what happened, as structured lines, with nothing secret in them.
 *
 * Map of this folder: `port` is what the library writes to and this file implements it; `choose` takes an application's
 * own log instead; `format` makes lines, `sink` and `output` bring them out; `redaction` is the way in to everything that
 * keeps secrets from being seen.
 */
import type { Runtime } from "../runtime.ts";
import { withDeadline } from "../time.ts";
import { FORMATS, type LogFormat } from "./format.ts";
import { standardOutput } from "./output.ts";
import type { Log, LogFields, LogLevel } from "./port.ts";
import type { Redactor } from "./redaction.ts";
import { createSink, type SinkOptions, type Writer } from "./sink.ts";

export interface LogOptions extends Pick<SinkOptions, "maxLines" | "maxBytes"> {
  /** The least that is written. */
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Everything goes through it: event, names and values of fields. */
  readonly redact: Redactor;
  readonly runtime: Runtime;
  /** Where lines go; standard output unless given. It may be slow, and it may throw. */
  readonly sink?: Writer;
}

export interface RunningLog extends Log {
  /** Lines lost so far: the buffer was full, or the writer failed. */
  dropped(): number;
  /** Resolves when everything logged before it is out or lost, at the latest after `timeoutMs` (2,000). Never rejects. */
  flush(timeoutMs?: number): Promise<void>;
}

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };
const FLUSH_TIMEOUT_MS = 2_000;

/**
 * Makes a log. Cheap, and touches nothing until the first line.
 *
 * A line of JSON begins with `timestamp`, `level` and `event`; a field of such a name is written as `field_level`.
 *
 * @example
 * ```ts
 * const redact = createRedactor({ secrets: config.secrets });
 * const log = createLog({ level: "info", format: "json", redact, runtime: systemRuntime() });
 * log.info("breaker.open", { gate: "main", error: new Error("no route to postgres://app:secret@db") });
 * await log.flush();
 * ```
 */
export function createLog(options: LogOptions): RunningLog {
  const { level: least, redact, runtime, maxLines, maxBytes } = options;
  const format = FORMATS[options.format];
  const notice = (count: number) =>
    format({ at: runtime.wallMs(), level: "warn", event: "log.dropped", fields: { lines: count } });
  const sink = createSink({
    write: options.sink ?? standardOutput(runtime),
    notice,
    ...(maxLines === undefined ? {} : { maxLines }),
    ...(maxBytes === undefined ? {} : { maxBytes }),
  });

  function line(level: LogLevel, event: string, fields: LogFields): string {
    const safe = redact.value(fields);
    const plain = typeof safe === "object" && safe !== null ? (safe as LogFields) : { fields: safe };
    return format({ at: runtime.wallMs(), level, event: redact.text(event), fields: plain });
  }

  function write(level: LogLevel, event: string, fields: LogFields = {}): void {
    if (RANK[level] < RANK[least]) return;
    try {
      sink.write(line(level, event, fields));
    } catch {
      // A hostile value got past the redactor, or the runtime's clock failed: the event alone is still worth a line.
      sink.write(format({ at: 0, level, event: "log.failed", fields: {} }));
    }
  }

  return {
    debug: (event, fields) => write("debug", event, fields),
    info: (event, fields) => write("info", event, fields),
    warn: (event, fields) => write("warn", event, fields),
    error: (event, fields) => write("error", event, fields),
    dropped: sink.dropped,
    // Whoever ends is not kept by a writer that is stuck: late is done.
    flush: (ms = FLUSH_TIMEOUT_MS) => withDeadline(sink.flush(), { ms, runtime, refuse: () => null }).catch(() => {}),
  };
}
