/** Which log hears what Tidegate says: the application's own, or lines on the console. */
import { threadTime } from "../thread-time.ts";
import { type LogSettings, redactedLines } from "./line-log.ts";
import type { LogOptions, RunningLog } from "./log.ts";
import { wholeFields } from "./origin.ts";
import type { Log, LogFields, LogLevel } from "./port.ts";

export interface ChosenLog {
  readonly log: Log;
  /** Lines lost so far. */
  readonly dropped: () => number;
  /** Resolves when everything has been handed to the console. */
  readonly flush: () => Promise<void>;
}

export interface ChooseOptions extends Required<Pick<LogOptions, "redact" | "origin" | "runtime">> {
  /** The application's own, where it has one. */
  readonly own: Log | undefined;
  readonly settings: LogSettings;
}

export function chooseLog({ own, settings, ...parts }: ChooseOptions): ChosenLog {
  if (own) return harmless(own, parts);
  const log: RunningLog = redactedLines(settings, parts);
  return { log, dropped: log.dropped, flush: () => log.flush() };
}

/**
 * The application's own log: it hears no secret, where it throws no guarded call fails of that, and where it keeps the
 * thread it is not called for a while.
 */
function harmless(own: Log, { redact, origin, runtime }: Omit<ChooseOptions, "own" | "settings">): ChosenLog {
  const time = threadTime(runtime);
  let lost = 0;
  let unreported = 0;

  const tell = (level: LogLevel, event: string, fields: LogFields) => {
    // In fact it may return anything, also what rejects.
    const answer: unknown = time.spend(() => own[level](event, wholeFields(fields, redact, origin)));
    if (answer instanceof Promise) answer.catch(() => {});
  };
  const report = () => {
    const lines = unreported;
    if (lines === 0 || time.pauseMs() > 0) return;
    unreported = 0;
    tell("warn", "log.dropped", { lines });
  };
  const write =
    (level: LogLevel): Log[LogLevel] =>
    (event, fields = {}) => {
      try {
        report();
        if (time.pauseMs() === 0) {
          tell(level, event, fields);
          return;
        }
        lost += 1;
        unreported += 1;
      } catch {
        // There is nowhere left to say so.
      }
    };
  return {
    log: { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") },
    dropped: () => lost,
    flush: async () => {},
  };
}
