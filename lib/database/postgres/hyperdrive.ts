/**
 * PostgreSQL on Cloudflare Workers by Hyperdrive, which pools connections near the server, in transaction mode. A socket
 * there belongs to the request that opened it, so each request has its own few connections, and the platform closes them
 * when the request is over. Who is in no request, or does not say so, has a connection for each call.
 */
import type { Database, DatabaseAdapter, DatabaseSettings } from "../port.ts";
import { parsePostgresUrl } from "./address.ts";
import { openPostgres, type PostgresOptions } from "./database.ts";

export type { DatabaseAdapter } from "../port.ts";

/** A binding as Workers hand it in. Its string is asked for in requests only: at module scope the platform refuses it. */
export interface HyperdriveBinding {
  /** With the user and the password that Hyperdrive has made for it. */
  readonly connectionString: string;
}

/** For people: the string of a binding names nothing that they know. */
const ADDRESS = "hyperdrive";

/**
 * A request may have six connections at once, of whatever kind (Workers' limits): four for statements, one for the slow
 * lane, and one is left for a cancel or for what the handler asks elsewhere.
 */
const IN_A_REQUEST = { poolSize: 4, maxOverflow: 0, slowMaxConcurrent: 1, healthPoolSize: 1 } as const;

/** What a database behind Hyperdrive may be told, by code alone. */
export interface HyperdriveOptions extends Pick<PostgresOptions, "graceMs"> {
  /**
   * Keeps a request alive until what it asked of the database has ended there, also where the answer is given before:
   * that of `cloudflare:workers`. Without it such a statement runs on until its deadline.
   */
  readonly waitUntil?: (ended: Promise<unknown>) => void;
}

/**
 * A PostgreSQL behind Hyperdrive. Connects to nothing until the first statement.
 *
 * @param binding of Hyperdrive; for a database without it, `{ connectionString: env.DATABASE_URL }`.
 * @throws TypeError when there is no such binding.
 * @example
 * ```ts
 * import { waitUntil } from "cloudflare:workers";
 *
 * const tideOf = (env: Env) =>
 *   tidegate({ database: hyperdrive(env.HYPERDRIVE, { waitUntil }), store: durableObject(env.GATE) });
 * ```
 */
export function hyperdrive(binding: HyperdriveBinding | undefined, options: HyperdriveOptions = {}): DatabaseAdapter {
  if (binding === undefined) {
    throw new TypeError("hyperdrive: a binding is needed, it was nothing; add one to [[hyperdrive]] in wrangler.toml");
  }
  const { waitUntil, ...postgresOptions } = options;
  return {
    kind: "postgres",
    address: ADDRESS,
    // The string is made for this one instance, and nobody else can use what stands in it.
    secrets: [],
    open: (settings, runtime) => {
      const forRequest = (): Database =>
        openPostgres(parsePostgresUrl(binding.connectionString), postgresOptions, inRequest(settings), runtime);
      const kept = <Value>(call: Promise<Value>): Promise<Value> => {
        waitUntil?.(call.catch(() => {}));
        return call;
      };
      return {
        ...perCall(settings, forRequest, kept),
        forRequest: () => {
          const database = forRequest();
          return { ...database, ...callsOf((task) => kept(task(database))) };
        },
      };
    },
  };
}

function inRequest(settings: DatabaseSettings): DatabaseSettings {
  const poolSize = Math.min(settings.poolSize + settings.maxOverflow, IN_A_REQUEST.poolSize);
  return { ...settings, ...IN_A_REQUEST, poolSize, pooler: "transaction" };
}

function perCall(
  { poolSize, maxOverflow }: DatabaseSettings,
  open: () => Database,
  kept: <Value>(call: Promise<Value>) => Promise<Value>,
): Database {
  async function once<Value>(task: (database: Database) => Promise<Value>): Promise<Value> {
    const database = open();
    try {
      return await task(database);
    } finally {
      await database.close();
    }
  }
  // Counted across requests it would be wrong for good after the first that the platform ended in the middle.
  const none = { size: poolSize, checkedOut: 0, checkedIn: 0, overflow: 0, maxCapacity: poolSize + maxOverflow };

  return {
    kind: "postgres",
    address: ADDRESS,
    traits: { serverTimeout: true, cancels: true, concurrent: true, streams: true },
    ...callsOf((task) => kept(once(task))),
    pool: () => ({ ...none, waiting: 0 }),
    close: () => Promise.resolve(),
  };
}

/** What is asked of a database, each by way of `use`. */
function callsOf(
  use: <Value>(task: (database: Database) => Promise<Value>) => Promise<Value>,
): Pick<Database, "query" | "transaction" | "stream" | "ping"> {
  return {
    query: (...call) => use((database) => database.query(...call)),
    transaction: (...call) => use((database) => database.transaction(...call)),
    stream: (...call) => use((database) => database.stream(...call)),
    ping: (...call) => use((database) => database.ping(...call)),
  };
}
