/** What health asks of a pool, and shows of it. */
import type { AttachedDatabase } from "../../guard/insides.ts";
import { readPostgresUrl } from "../../postgres-url/url.ts";
import type { Runtime } from "../../runtime.ts";
import type { PgClient, PoolOptions, RawPool } from "./driver.ts";
import { endedError, hasEnded, noteRest, watch } from "./resting.ts";

const DEFAULT_PORT = 5432;

/** As far as the options tell: what the environment adds is for the pool alone. */
export function addressOf({ connectionString, host, port = DEFAULT_PORT, database }: PoolOptions): string {
  const read = connectionString === undefined ? undefined : readPostgresUrl(connectionString);
  if (read && "address" in read) return read.address;
  const place = host === undefined ? "" : Number(port) === DEFAULT_PORT ? host : `${host}:${port}`;
  return `postgres://${place.startsWith("/") ? encodeURIComponent(place) : place}/${database ?? ""}`;
}

/** By a connection that is free; where all are taken, that says nothing of the server, and it is asked by another one. */
export async function pingOf(pool: RawPool, signal: AbortSignal, runtime: Runtime): Promise<void> {
  while (pool.idleCount > 0) {
    const arriving = taken(pool);
    const { client, release } = await within(arriving, signal).catch((error: unknown) => {
      arriving.then(
        ({ release }) => release(),
        () => {},
      );
      throw error;
    });
    watch(client);
    if (await hasEnded(client, runtime)) {
      release(endedError());
      continue;
    }
    await asked(client, signal).then(
      () => {
        noteRest(client, runtime);
        release();
      },
      (error: unknown) => {
        release(error);
        client.connection?.stream?.destroy?.();
        throw error;
      },
    );
    return;
  }
  // The signal ends it, once what has arrived was read; a timer of its own would not wait for that.
  const client = new pool.Client({ ...pool.options, connectionTimeoutMillis: 0 });
  client.on("error", () => {});
  try {
    await within(client.connect(), signal);
    await asked(client, signal);
    client.end().catch(() => {});
  } catch (error) {
    client.connection?.stream?.destroy?.();
    throw error;
  }
}

const taken = (pool: RawPool) =>
  new Promise<{ client: PgClient; release: (error?: unknown) => void }>((resolve, reject) =>
    pool.connect((error, client, release) => (client ? resolve({ client, release }) : reject(error))),
  );

const asked = (client: PgClient, signal: AbortSignal): Promise<unknown> =>
  within(client.query("select 1") as Promise<unknown>, signal);

/** Ends with the signal, and leaves what it has begun to who closes its connection. */
function within<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason);
    if (signal.aborted) leave();
    signal.addEventListener("abort", leave, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}

export function attachmentOf(pool: RawPool, waiting: () => number, runtime: Runtime): AttachedDatabase {
  return {
    address: addressOf(pool.options),
    ping: (signal) => pingOf(pool, signal, runtime),
    pool: () => {
      const { totalCount, idleCount, waitingCount, options } = pool;
      const { max = 0 } = options;
      return {
        size: max,
        checkedOut: totalCount - idleCount,
        checkedIn: idleCount,
        overflow: 0,
        maxCapacity: max,
        waiting: waitingCount + waiting(),
      };
    },
  };
}
