/**
 * How an instance lives and ends on Deno: looked after by a schedule, and gone when it is told to go. What Deno writes
 * beside the log is lines of it.
 */
import process from "node:process";
import { format } from "node:util";
import { type Log, underWay } from "tidegate";
import type { Instance } from "../instance.ts";

interface Platform {
  addSignalListener(signal: "SIGINT" | "SIGTERM", listener: () => void): void;
  exit(code: number): never;
  /** Only where the flag `--unstable-cron` is, or on Deno Deploy. */
  cron?(name: string, schedule: string, task: () => Promise<void>): unknown;
}
const { Deno } = globalThis as unknown as { readonly Deno: Platform };

/** Deno Deploy ends by force what is still there 5 s after it was told. */
const PATIENCE_MS = 4_000;
/** What is then cut off is sent its answer in this time. */
const LAST_ANSWERS_MS = 500;

interface RequestInfo {
  /** Settles when the answer has been sent, or nobody wants it any more. */
  readonly completed: Promise<void>;
}

export function keepWatch({ tide, watch }: Instance): void {
  if (!tide?.config.watchdog.enabled) return;
  if (Deno.cron) Deno.cron("tidegate watchdog", "* * * * *", watch);
  else setInterval(watch, tide.config.watchdog.checkIntervalMs);
}

/**
 * Answers requests; at SIGTERM and SIGINT those under way for {@link PATIENCE_MS} more, after which who has no answer gets
 * 503. By itself Deno then takes no more requests, but goes on for as long as the database has a connection.
 */
export function answering({ app, tide }: Instance): (request: Request, info: RequestInfo) => Promise<Response> {
  // Without an application nothing takes its time.
  if (!tide) return async (request, info) => app.fetch(request, info);
  const requests = underWay(app, tide);
  const open = new Set<Promise<unknown>>();
  const answered = (withinMs: number) =>
    Promise.race([Promise.allSettled(open), new Promise((resolve) => setTimeout(resolve, withinMs))]);
  const end = async () => {
    tide.drain();
    await answered(PATIENCE_MS);
    const cut = requests.cut();
    await answered(LAST_ANSWERS_MS);
    await tide.close(cut);
    Deno.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => void end());

  return async (request, info) => {
    const completed = info.completed.catch(() => {});
    open.add(completed);
    void completed.then(() => open.delete(completed));
    return requests.serve(completed, request, info);
  };
}

const CONSOLE = { debug: "debug", log: "info", info: "info", warn: "warn", error: "error", trace: "debug" } as const;
type Printing = keyof typeof CONSOLE;

/**
 * As `processLines` of `tidegate/node` does it there: with `LOG_FORMAT=json`, what handlers and libraries print, warnings,
 * and an error that nobody has caught. The log is made before that, and writes by the console's own methods.
 */
export function keepLines({ tide }: Instance): void {
  if (!tide || (tide.config.log.format ?? (process.stdout?.isTTY ? "pretty" : "json")) !== "json") return;
  const { log } = tide;
  for (const name of Object.keys(CONSOLE) as Printing[]) console[name] = printing(log, CONSOLE[name]);
  process.removeAllListeners("warning");
  process.on("warning", (error) => log.warn("process.warning", { error }));
  const fail = (event: Event, error: unknown) => {
    event.preventDefault();
    log.error("process.failed", { error, origin: event.type });
    // The line is out by then.
    setTimeout(() => Deno.exit(1), 0);
  };
  globalThis.addEventListener("error", (event) => fail(event, event.error));
  globalThis.addEventListener("unhandledrejection", (event) => fail(event, event.reason));
}

const printing =
  (log: Log, level: keyof Log) =>
  (...printed: unknown[]) =>
    log[level]("console.printed", { text: format(...printed) });
