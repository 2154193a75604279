/**
 * The log: what happened, as structured lines, with nothing secret in them.
 *
 * Map of this folder: `port` is what the library writes to and this file implements it; `choose` takes an application's
 * own log instead, `line-log` makes one of the settings; `events` is the table of what Tidegate itself says, `origin` what
 * each line says of where it comes from; `format` makes lines, `printable` keeps them from driving a terminal, `sink` and
 * `output` bring them out, `paced` where that takes the thread; `redaction` is the way in to everything that keeps secrets
 * from being seen.
 */
import type { Runtime } from "../runtime.ts";
import { withDeadline } from "../time.ts";
import { FORMATS, type LogFormat } from "./format.ts";
import { type Origin, wholeFields } from "./origin.ts";
import { standardOutput } from "./output.ts";
import { paced } from "./paced.ts";
import type { LeastLevel, Log, LogFields, LogLevel } from "./port.ts";
import type { Redactor } from "./redaction.ts";
import { createSink, type SinkOptions, type Writer } from "./sink.ts";

export interface LogOptions extends Pick<SinkOptions, "maxLines" | "maxBytes"> {
  /** The least that is written. */
  readonly level: LeastLevel;
  readonly format: LogFormat;
  /** Everything goes through it: event, names and values of fields. */
  readonly redact: Redactor;
  /** What every line says about where it comes from. Default: nothing. */
  readonly origin?: Origin;
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

const RANK: Readonly<Record<LeastLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3, silent: 4 };
const FLUSH_TIMEOUT_MS = 2_000;
const nowhere: Origin = () => ({});

/**
 * Makes a log. Cheap, and touches nothing until the first line.
 *
 * A line of JSON begins with `timestamp`, `level` and `event`; a field of such a name is written as `field_level`.
 *
 * @example
 * ```ts
 * const redact = createRedactor({ secrets: config.secrets });
 * const log = createLog({ level: "info", format: "json", redact, origin: originOf(), runtime: systemRuntime() });
 * log.info("breaker.open", { gate: "main", error: new Error("no route to postgres://app:secret@db") });
 * await log.flush();
 * ```
 */
export function createLog(options: LogOptions): RunningLog {
  const { level: least, redact, origin = nowhere, runtime, maxLines, maxBytes } = options;
  const format = FORMATS[options.format];
  const notice = (count: number) =>
    format({ at: runtime.wallMs(), level: "warn", event: "log.dropped", fields: { lines: count, ...origin() } });
  const pace = paced(options.sink ?? standardOutput(runtime), runtime);
  const sink = createSink({
    write: pace.write,
    notice,
    ...(maxLines === undefined ? {} : { maxLines }),
    ...(maxBytes === undefined ? {} : { maxBytes }),
  });

  function line(level: LogLevel, event: string, fields: LogFields): string {
    const whole = wholeFields(fields, redact, origin);
    return format({ at: runtime.wallMs(), level, event: redact.text(event), fields: whole });
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
    flush: async (ms = FLUSH_TIMEOUT_MS) => {
      pace.hurry(true);
      await withDeadline(sink.flush(), { ms, runtime, refuse: () => null }).catch(() => {});
      pace.hurry(false);
    },
  };
}
