/** What there is of Tidegate in one request. */
import type { GuardedDatabase } from "../guard/database/guarded-database.ts";

/** Of a request that has passed Tidegate, for its handlers. */
export interface RequestTide {
  /** The client's `X-Request-Id` where it has sent one, else made here; the answer has it too. */
  readonly requestId: string;
  /** Aborted when the caller leaves before it has its answer. */
  readonly signal: AbortSignal;
  /** The guarded database, in the lane `request`: it gives up when the caller leaves. */
  readonly db: GuardedDatabase;
}
