/**
 * Tracing single lots: their lineage and their history. Both can be slow, so they run in the `slow` lane, where they
 * take nothing from the reports.
 */
import { Hono } from "hono";
import { type GuardedDatabase, type KeepRoute, ProblemError, type TidegateEnv, validate } from "tidegate";
import * as v from "valibot";
import { answer, answerStream, SAME_FOR_ALL, wantsCsv } from "../answer.ts";
import { cursor, page } from "../cursor.ts";
import { code, oneOf, parameters, someCodes, someOf, wholeNumber } from "../query.ts";
import { rangeEnd, sensibleRange } from "../range.ts";
import type { Dialect } from "../sql/dialect.ts";
import { EVENT_TYPES, type EventRow, knownLots, lotEvents } from "../sql/events.ts";
import { type LineageDirection, type LineageLot, type LineageRow, lineage, lineageLot } from "../sql/lineage.ts";

const MAX_LOTS = 100;
const DEFAULT_EVENTS = 200;

const lineageParameters = parameters({
  lot: code("a lot number"),
  direction: oneOf(["both", "ancestors", "descendants"], "both"),
  max_depth: wholeNumber(1, 50, 10),
  limit: wholeNumber(1, 2000, 500),
});

// No longest range here: the history of at most MAX_LOTS lots is bounded by the lots.
const eventParameters = v.pipe(
  parameters({
    lots: someCodes("lot numbers", MAX_LOTS),
    types: someOf(EVENT_TYPES),
    from: rangeEnd("from"),
    to: rangeEnd("to"),
    // Whether it was given makes a difference: a CSV without it is the whole history.
    limit: v.optional(wholeNumber(1, 1000, DEFAULT_EVENTS)),
    cursor: cursor(),
  }),
  sensibleRange(),
);

const LINEAGE_COLUMNS = [
  ...(["direction", "depth", "lot_id", "parent_lot_id", "child_lot_id", "relation", "quantity"] as const),
  ...(["occurred_at", "operation", "product", "state", "lot_quantity"] as const),
] as const;
const EVENT_COLUMNS = [
  ...(["event_id", "lot_id", "event_type", "occurred_at", "operation", "step_no", "equipment"] as const),
  ...(["quantity", "quantity_change", "related_lot_id", "reason"] as const),
] as const;

/** GET `/lineage`, `/events`; to be mounted under `/api/trace`. */
export function trace(dialect: Dialect, keep: KeepRoute): Hono<TidegateEnv> {
  const app = new Hono<TidegateEnv>();
  // Asked for once by one person, who wants what is true now: an old answer is for when there is no other.
  app.get("/lineage", keep(SAME_FOR_ALL), validate("query", lineageParameters), async (c) =>
    answer(c, await family(c.var.db.lane("slow"), dialect, c.req.valid("query"))),
  );
  app.get("/events", keep(SAME_FOR_ALL), validate("query", eventParameters), async (c) => {
    const db = c.var.db.lane("slow");
    const query = c.req.valid("query");
    if (query.limit === undefined && wantsCsv(c)) return answerStream(c, await wholeHistory(db, query));
    return answer(c, await history(db, query));
  });
  return app;
}

async function family(db: GuardedDatabase, dialect: Dialect, query: v.InferOutput<typeof lineageParameters>) {
  const { lot: lotId, direction, max_depth, limit } = query;
  const lot = await db.one<LineageLot>(lineageLot(lotId));
  if (lot === null) throw new ProblemError("NOT_FOUND", `Lot ${lotId} does not exist.`);

  const directions = direction === "both" ? (["ancestors", "descendants"] as const) : [direction];
  const found = await db.query<LineageRow>(lineage({ lot: lotId, directions, maxDepth: max_depth, limit }, dialect));
  const rows = found.slice(0, limit);
  const towards = (wanted: LineageDirection) => rows.filter((row) => row.direction === wanted);
  return {
    file: `lineage-${lotId}`,
    columns: LINEAGE_COLUMNS,
    rows,
    data: { lot, ancestors: towards("ancestors"), descendants: towards("descendants") },
    meta: { direction, max_depth, limit, truncated: found.length > limit },
  };
}

type EventQuery = v.InferOutput<typeof eventParameters>;

/** A spreadsheet that names no limit wants everything, and reads it as it comes. */
async function wholeHistory(db: GuardedDatabase, { lots, types, from, to, cursor: after }: EventQuery) {
  const unknown = await unknownLots(db, lots, []);
  if (unknown.length === lots.length) throw noneOf(lots);
  const rows = db.stream<EventRow>(lotEvents({ lots, types, from, to, after }));
  return { file: "lot-events", columns: EVENT_COLUMNS, rows };
}

async function history(db: GuardedDatabase, query: EventQuery) {
  const { lots, types, from, to, limit = DEFAULT_EVENTS, cursor: after } = query;
  const found = await db.query<EventRow>(lotEvents({ lots, types, from, to, after, limit }));
  const unknown = await unknownLots(db, lots, found);
  if (unknown.length === lots.length) throw noneOf(lots);
  const { rows, next } = page(found, limit, (event) => ({ at: event.occurred_at, id: event.event_id }));
  return {
    file: "lot-events",
    columns: EVENT_COLUMNS,
    rows,
    meta: { unknown_lots: unknown, paging: { limit, next_cursor: next } },
    nextCursor: next,
  };
}

function noneOf(lots: readonly string[]): ProblemError {
  return new ProblemError("NOT_FOUND", lots.map((lot) => `Lot ${lot} does not exist.`).join(" "));
}

/** A lot with an event in hand exists; only the others are looked up. */
async function unknownLots(db: GuardedDatabase, lots: readonly string[], found: readonly EventRow[]) {
  const seen = new Set(found.map((event) => event.lot_id));
  const unseen = lots.filter((lot) => !seen.has(lot));
  if (unseen.length === 0) return [];
  const known = new Set((await db.query<{ lot_id: string }>(knownLots(unseen))).map((row) => row.lot_id));
  return unseen.filter((lot) => !known.has(lot));
}
