/** The log of who has none of an application: lines on standard output, as the settings have them. */
import { isTerminal, type Runtime, systemRuntime } from "../runtime.ts";
import type { LogFormat } from "./format.ts";
import { createLog, type LogOptions, type RunningLog } from "./log.ts";
import { originOf } from "./origin.ts";
import type { LeastLevel, Log } from "./port.ts";
import { createRedactor } from "./redaction.ts";

/** How lines look, and which there are: `log` of a configuration. */
export interface LogSettings {
  /** The least that is written. */
  readonly level: LeastLevel;
  /** null: `pretty` on a terminal, else `json`. */
  readonly format: LogFormat | null;
}

/** A log that writes lines, and can be waited for. */
export interface LineLog extends Log {
  /** What the settings have come to, here. */
  readonly format: LogFormat;
  /** Resolves when everything logged before it is out or lost, at the latest after 2 s. Never rejects. */
  flush(): Promise<void>;
}

/** What differs from the default. */
export interface LineLogOptions {
  /** What no line may show, such as `secrets` of a configuration. */
  readonly secrets?: readonly string[];
  /** Clock and timers. Default: the platform's. */
  readonly runtime?: Runtime;
}

/**
 * Where `tidegate()` writes to when it is given no log: for what happens before there is one, such as a start that fails.
 * Never throws.
 *
 * @example
 * ```ts
 * import { lineLog } from "tidegate";
 * import { readLog } from "tidegate/config";
 *
 * const log = lineLog(readLog());
 * log.error("app.failed", { error: new Error("no disk") });
 * await log.flush();
 * ```
 */
export function lineLog(
  settings: LogSettings,
  { secrets = [], runtime = systemRuntime() }: LineLogOptions = {},
): LineLog {
  const format = formatOf(settings);
  const log = redactedLines(settings, { redact: createRedactor({ secrets }), origin: originOf(), runtime });
  return { ...log, format, flush: () => log.flush() };
}

/** The same by a redactor that there is already. */
export const redactedLines = (
  settings: LogSettings,
  parts: Pick<LogOptions, "redact" | "origin" | "runtime">,
): RunningLog => createLog({ level: settings.level, format: formatOf(settings), ...parts });

const formatOf = ({ format }: LogSettings): LogFormat => format ?? (isTerminal() ? "pretty" : "json");
