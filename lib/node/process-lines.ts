/** What a process writes beside its log (Node's warnings, `console`, its own end by an error) as lines of that log. */
import { format } from "node:util";
import type { LineLog } from "../log/line-log.ts";

/** Of Node itself, which prints warnings as text. */
const PRINTS_WARNINGS = "onWarning";

const CONSOLE = { debug: "debug", log: "info", info: "info", warn: "warn", error: "error", trace: "debug" } as const;
const PRINTED = { event: "console.printed" } as const;
type Printing = keyof typeof CONSOLE;

/**
 * With `LOG_FORMAT=json`, and on Node, makes lines of the log of whatever else would be text on standard output or error:
 * Node's warnings (`process.warning`), what libraries and handlers print by `console` (`console.printed`), and an error
 * that nobody has caught (`process.failed`), after which the process ends with 1 as ever. For people at a terminal all
 * stays as it is. For the entry of an application, once. Never throws.
 *
 * @returns What ends it.
 * @example
 * ```ts
 * import { lineLog } from "tidegate";
 * import { readConfig } from "tidegate/config";
 * import { processLines } from "tidegate/node";
 *
 * const config = readConfig();
 * const end = processLines(lineLog(config.log, config));
 * ```
 */
export function processLines(log: LineLog): () => void {
  // Elsewhere the log itself writes by the console.
  if (log.format !== "json" || process.versions.bun !== undefined) return () => {};
  const ends = [warningsTo(log), consoleTo(log), errorsTo(log)];
  return () => {
    for (const end of ends) end();
  };
}

function warningsTo(log: LineLog): () => void {
  const printing = process.listeners("warning").filter(({ name }) => name === PRINTS_WARNINGS);
  const tell = (error: Error) => log.warn("process.warning", { error });
  for (const listener of printing) process.off("warning", listener);
  process.on("warning", tell);
  return () => {
    process.off("warning", tell);
    for (const listener of printing) process.on("warning", listener);
  };
}

function consoleTo(log: LineLog): () => void {
  const names = Object.keys(CONSOLE) as Printing[];
  const before = names.map((name) => [name, console[name]] as const);
  for (const name of names)
    console[name] = (...printed: unknown[]) => log[CONSOLE[name]](PRINTED.event, { text: format(...printed) });
  return () => {
    for (const [name, print] of before) console[name] = print;
  };
}

function errorsTo(log: LineLog): () => void {
  const fail = (error: Error, origin: NodeJS.UncaughtExceptionOrigin) => {
    log.error("process.failed", { error, origin });
    void log.flush().then(() => process.exit(1));
  };
  process.on("uncaughtException", fail);
  return () => process.off("uncaughtException", fail);
}
