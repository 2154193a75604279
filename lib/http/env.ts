/** What Tidegate's middleware puts on a Hono context. */
import type { GuardedDatabase } from "../guard/guarded-database.ts";

export interface EnvelopeMeta {
  readonly timestamp: string;
  readonly app_version: string;
}

export interface TidegateVariables {
  /** The database, guarded, in the lane `request`; a closed connection of the caller cancels its statements. */
  db: GuardedDatabase;
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
  Variables: TidegateVariables;
}
