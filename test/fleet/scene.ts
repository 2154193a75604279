/**
 * Whole fleets of real processes against one real Redis and one real PostgreSQL.
 *
 * Map of this folder: each scenario has a file that plays it at any size and hands back its figures; the `.fleet.ts` beside it
 * plays it with eight processes (`npm run test:fleet`), `short.test.ts` with three (`npm test`). `scene` (this file) sets
 * the stage for all of them, `figures` prints what was measured.
 */
import { CANCEL_GRACE_MS, LEASE_MS } from "../../lib/gate/lanes.ts";
import { type Fleet, type Line, startFleet } from "../support/fleet.ts";
import { type PostgresServer, postgresUnavailable, startPostgres } from "../support/postgres.ts";
import { type RedisServer, redisUnavailable, startRedis } from "../support/redis.ts";
import { COUNTED, createStatements, prepareCounting, type Statements } from "../support/statements.ts";

export const CAPACITY = 10;
const CONNECT_MS = 1_000;
/** An instance under load is heard so often. */
export const HEARD_EVERY_MS = 250;
/** For a process on a machine that many others use: to be told, to look, to answer. */
export const SLACK_MS = 1_500;

/** Of a permit whose holder is not heard any more: its lease, and the longest statement that began at its end. Rule 4. */
export const lifetimeMs = (callTimeoutMs: number): number => LEASE_MS + CONNECT_MS + callTimeoutMs + CANCEL_GRACE_MS;

/** Scenarios that take minutes have a short form, which is what they usually are. */
export const isFull = (): boolean => process.env.TIDEGATE_FULL === "1";

/** Why no fleet can be started here; undefined where one can. */
export const fleetUnavailable = (): string | undefined => postgresUnavailable() ?? redisUnavailable();

export interface Scene {
  readonly fleet: Fleet;
  readonly redis: RedisServer;
  readonly postgres: PostgresServer;
  readonly statements: Statements;
}

export interface SceneOptions {
  readonly size: number;
  readonly callTimeoutMs: number;
  /** Longest call to the store. Default 2,000: on a busy machine nobody is to take it for away. */
  readonly storeDeadlineMs?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Default: all of them share the gate. See {@link startFleet}. */
  readonly until?: "sharing" | "begun";
  /** Where the fleet finds the database. Default: its own port. */
  readonly through?: (postgres: PostgresServer) => Promise<number>;
}

/** When an event of the gate happened, by the store's clock, which is this machine's too. */
export const momentOf = (line: Line | undefined): number => Date.parse(String(line?.at));

/** Sets the stage, lets `play` have it, and clears it whatever happened. */
export async function onScene<Figures>(
  { size, callTimeoutMs, storeDeadlineMs = 2_000, env = {}, until, through }: SceneOptions,
  play: (scene: Scene) => Promise<Figures>,
): Promise<Figures> {
  const statements = createStatements();
  const [postgres, redis] = await Promise.all([
    startPostgres({ settings: COUNTED, onLog: statements.hear }),
    startRedis(),
  ]);
  let fleet: Fleet | undefined;
  try {
    await prepareCounting(postgres);
    const port = (await through?.(postgres)) ?? postgres.port;
    const own = {
      DATABASE_URL: postgres.url.replace(`:${postgres.port}/`, `:${port}/`),
      STATE_URL: redis.url,
      STATE_DEADLINE_MS: String(storeDeadlineMs),
      EXPECTED_INSTANCES: String(size),
      DB_MAX_CONCURRENT: String(CAPACITY),
      DB_POOL_SIZE: String(CAPACITY),
      DB_MAX_OVERFLOW: "0",
      DB_TCP_CONNECT_TIMEOUT: String(CONNECT_MS / 1_000),
      DB_CALL_TIMEOUT_MS: String(callTimeoutMs),
      ...env,
    };
    fleet = await startFleet(size, own, until);
    return await play({ fleet, redis, postgres, statements });
  } finally {
    await fleet?.dispose();
    await Promise.all([postgres.dispose(), redis.dispose()]);
  }
}
