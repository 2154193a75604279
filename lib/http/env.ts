/** What Tidegate's middleware puts on a Hono context. */
import type { GuardedDatabase } from "../guard/database/guarded-database.ts";

/** What every envelope says about itself. */
export interface EnvelopeMeta {
  /** When it was answered, in ISO 8601, UTC. */
  readonly timestamp: string;
  /** Of the application. */
  readonly app_version: string;
}

/** What is on a context behind `tide.middleware()`, as `c.var`. */
export interface TidegateVariables {
  /** The database, guarded, in the lane `request`; a closed connection of the caller cancels its statements. */
  db: GuardedDatabase;
  /** Of this request: the client's `X-Request-Id` where it sent one, else made here. */
  requestId: string;
  /** From where the request comes, as far as `TRUSTED_PROXIES` vouch for it; null where the platform does not tell. */
  clientAddress: () => string | null;
  /** What every envelope says about itself, at the moment of asking. */
  envelopeMeta: () => EnvelopeMeta;
}

/**
 * For apps that are split over files.
 *
 * @example
 * ```ts
 * const orders = new Hono<TidegateEnv>().get("/", async (c) => success(c, await c.var.db.query`select 1`));
 * ```
 */
export interface TidegateEnv {
  /** For Hono. */
  Variables: TidegateVariables;
}
