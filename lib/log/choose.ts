/** Which log hears what Tidegate says: the application's own, or lines on the console. */
import type { Runtime } from "../runtime.ts";
import { createLog, type LogOptions } from "./log.ts";
import type { Log, LogFields, LogLevel } from "./port.ts";
import type { Redactor } from "./redaction.ts";

export interface ChosenLog {
  readonly log: Log;
  /** Resolves when everything has been handed to the console. */
  readonly flush: () => Promise<void>;
}

export function chooseLog(
  own: Log | undefined,
  redact: Redactor,
  { level, format }: Pick<LogOptions, "level" | "format">,
  runtime: Runtime,
): ChosenLog {
  if (own) return { log: harmless(own, redact), flush: async () => {} };
  const log = createLog({ level, format, redact, runtime });
  return { log, flush: async () => log.flush() };
}

/** The application's own log: it hears no secret, and where it throws, no guarded call fails of that. */
function harmless(log: Log, redact: Redactor): Log {
  const write =
    (level: LogLevel): Log[LogLevel] =>
    (event, fields) => {
      try {
        log[level](event, fields && (redact.value(fields) as LogFields));
      } catch {
        // There is nowhere left to say so.
      }
    };
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}
