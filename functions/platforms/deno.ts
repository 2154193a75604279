/** How an instance lives and ends on Deno: looked after by a schedule, and gone when it is told to go. */
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
 * Answers requests; at SIGTERM and SIGINT those under way for {@link PATIENCE_MS} more. By itself Deno then takes no more
 * requests, but goes on for as long as the database has a connection.
 */
export function answering({ app, tide }: Instance): (request: Request, info: RequestInfo) => Promise<Response> {
  const underWay = new Set<Promise<unknown>>();
  const end = async () => {
    tide?.drain();
    const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
    await Promise.race([Promise.allSettled(underWay), patience]);
    await tide?.close();
    Deno.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => void end());

  return async (request, info) => {
    const completed = info.completed.catch(() => {});
    underWay.add(completed);
    void completed.then(() => underWay.delete(completed));
    return app.fetch(request, info);
  };
}
