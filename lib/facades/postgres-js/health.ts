/** What health asks of the database of a `sql`, and shows of its connections. */
import type { AttachedDatabase } from "../../guard/insides.ts";
import type { Runtime } from "../../runtime.ts";
import type { Counts } from "./connections.ts";
import type { RawOptions, RawQuery, RawSql } from "./driver.ts";
import { isLateTimeout } from "./openings.ts";

const DEFAULT_PORT = 5432;

/** For people: no user, no password. */
export function addressOf({ host: [host = ""], port: [port], database, path }: RawOptions): string {
  const place = path || host.startsWith("/") ? encodeURIComponent(host) : host;
  return `postgres://${place}${port === DEFAULT_PORT ? "" : `:${port}`}/${database}`;
}

/**
 * By a connection of its own, which is there where all others are taken. The driver takes parsed options as they are,
 * and its own copies of a pool are made alike.
 */
export async function pingOf(
  { options }: Pick<RawSql, "options">,
  signal: AbortSignal,
  runtime: Runtime,
): Promise<void> {
  const { default: postgres } = await import("postgres");
  const { socket } = options;
  const own = { ...options, max: 1, fetch_types: false, onclose: undefined, onnotify: undefined, socket };
  const ask = async (sql: ReturnType<typeof postgres>): Promise<void> => {
    try {
      await within(sql.unsafe("select 1") as unknown as RawQuery, signal);
    } finally {
      sql.end({ timeout: 0 }).catch(() => {});
    }
  };
  for (let isAnswered = false; !isAnswered; ) {
    const sinceMs = runtime.monotonicMs();
    isAnswered = await ask(postgres(own as never)).then(
      () => true,
      (error: unknown) => {
        if (signal.aborted || !isLateTimeout(error, options, sinceMs, runtime)) throw error;
        return false;
      },
    );
  }
}

/** Ends with the signal, and leaves what it has begun to who closes its connection. */
export function within<Value>(work: PromiseLike<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason);
    if (signal.aborted) leave();
    signal.addEventListener("abort", leave, { once: true });
    Promise.resolve(work)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", leave));
  });
}

export function attachmentOf(raw: RawSql, counts: () => Counts, runtime: Runtime): AttachedDatabase {
  return {
    address: addressOf(raw.options),
    ping: (signal) => pingOf(raw, signal, runtime),
    pool: () => {
      const { max, taken, free, waiting } = counts();
      return { size: max, checkedOut: taken, checkedIn: free, overflow: 0, maxCapacity: max, waiting };
    },
  };
}
