/**
 * Tracing single lots: their lineage and their history. Both can be slow, so they run in the `slow` lane, where they
 * take nothing from the reports.
 */
import { Hono } from "hono";
import { type GuardedDatabase, ProblemError, type TidegateEnv, validate } from "tidegate";
import * as v from "valibot";
import { answer } from "../answer.ts";
import { cursor, page } from "../cursor.ts";
import { code, oneOf, parameters, someCodes, someOf, wholeNumber } from "../query.ts";
import { rangeEnd, sensibleRange } from "../range.ts";
import type { Dialect } from "../sql/dialect.ts";
import { EVENT_TYPES, type EventRow, knownLots, lotEvents } from "../sql/events.ts";
import { type LineageDirection, type LineageLot, type LineageRow, lineage, lineageLot } from "../sql/lineage.ts";

const MAX_LOTS = 100;

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
    limit: wholeNumber(1, 1000, 200),
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
export function trace(dialect: Dialect): Hono<TidegateEnv> {
  const app = new Hono<TidegateEnv>();
  app.get("/lineage", validate("query", lineageParameters), async (c) =>
    answer(c, await family(c.var.db.lane("slow"), dialect, c.req.valid("query"))),
  );
  app.get("/events", validate("query", eventParameters), async (c) =>
    answer(c, await history(c.var.db.lane("slow"), c.req.valid("query"))),
  );
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

async function history(db: GuardedDatabase, query: v.InferOutput<typeof eventParameters>) {
  const { lots, types, from, to, limit, cursor: after } = query;
  const found = await db.query<EventRow>(lotEvents({ lots, types, from, to, after, limit }));
  const unknown = await unknownLots(db, lots, found);
  if (unknown.length === lots.length) {
    throw new ProblemError("NOT_FOUND", unknown.map((lot) => `Lot ${lot} does not exist.`).join(" "));
  }
  const { rows, next } = page(found, limit, (event) => ({ at: event.occurred_at, id: event.event_id }));
  return {
    file: "lot-events",
    columns: EVENT_COLUMNS,
    rows,
    meta: { unknown_lots: unknown, paging: { limit, next_cursor: next } },
    nextCursor: next,
  };
}

/** A lot with an event in hand exists; only the others are looked up. */
async function unknownLots(db: GuardedDatabase, lots: readonly string[], found: readonly EventRow[]) {
  const seen = new Set(found.map((event) => event.lot_id));
  const unseen = lots.filter((lot) => !seen.has(lot));
  if (unseen.length === 0) return [];
  const known = new Set((await db.query<{ lot_id: string }>(knownLots(unseen))).map((row) => row.lot_id));
  return unseen.filter((lot) => !known.has(lot));
}
