/**
 * Tells the log when this instance finds that the database does not answer any more, and when it answers again: by its
 * guarded statements, and by the pings of health, which ask also while nobody calls.
 */
import { faultOf } from "../database/fault-of.ts";
import { DatabaseError } from "../database/port.ts";
import { ownErrorIn } from "../errors.ts";
import type { Lane } from "../gate/types.ts";
import type { EventLog } from "../log/events.ts";
import type { Runtime } from "../runtime.ts";
import type { Ended } from "./judge.ts";

/** One lost connection among many is none of the database's: it takes so many statements with no answer in between. */
const STATEMENTS_IN_A_ROW = 3;

/** Hears how a statement or a ping has ended. */
export type DatabaseEdge = (ended: unknown, how: Ended, lane: Lane) => void;

export interface DatabaseEdgeOptions {
  readonly runtime: Pick<Runtime, "monotonicMs">;
  readonly log: EventLog;
}

export function createDatabaseEdge({ runtime, log }: DatabaseEdgeOptions): DatabaseEdge {
  let unanswered = 0;
  let awaySince: number | null = null;

  const answered = (by: string) => {
    unanswered = 0;
    if (awaySince === null) return;
    log.info("database.back", { by, away_ms: Math.round(runtime.monotonicMs() - awaySince) });
    awaySince = null;
  };

  return (ended, how, lane) => {
    const by = lane === "health" ? "ping" : "statement";
    if (how === "returned") return answered(by);
    const own = ownErrorIn(ended);
    const fault = own instanceof DatabaseError ? own.fault : faultOf(ended);
    if (fault === "statement") return answered(by);
    const isSilent = fault === "connection" || (fault === "timeout" && by === "ping");
    if (!isSilent || awaySince !== null) return;
    unanswered += 1;
    if (by === "statement" && unanswered < STATEMENTS_IN_A_ROW) return;
    awaySince = runtime.monotonicMs();
    log.warn("database.away", { by, fault, error: (own instanceof DatabaseError && own.vendorError()) || ended });
  };
}
