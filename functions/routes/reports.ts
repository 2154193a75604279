/** The reports on the plant as a whole, in the `request` lane. */
import { Hono } from "hono";
import { type GuardedDatabase, type KeepRoute, type Statement, type TidegateEnv, validate } from "tidegate";
import * as v from "valibot";
import { answer, SAME_FOR_ALL } from "../answer.ts";
import { cursor, page } from "../cursor.ts";
import { codes, flag, oneOf, parameters, someOf, wholeNumber } from "../query.ts";
import { MAX_SPAN_DAYS, rangeEnd, reportRange, sensibleRange } from "../range.ts";
import type { Dialect } from "../sql/dialect.ts";
import { type HoldRow, holdHistory, latestHold } from "../sql/hold-history.ts";
import { latestReject, REJECT_GROUPINGS, type RejectRow, rejectHistory } from "../sql/reject-history.ts";
import { WIP_DIMENSIONS, WIP_STATES, type WipRow, wipSummary } from "../sql/wip-summary.ts";

const MAX_CODES = 50;
const HOUR_MS = 3_600_000;
/** Polled by many; a day old is better than none. */
const KEPT = { ...SAME_FOR_ALL, freshSeconds: 5, staleSeconds: 86_400 };

const wipParameters = parameters({
  group_by: someOf(WIP_DIMENSIONS),
  product: codes("product codes", MAX_CODES),
  route: codes("route codes", MAX_CODES),
  operation: codes("operation codes", MAX_CODES),
  state: someOf(WIP_STATES),
  limit: wholeNumber(1, 5000, 1000),
});

const rejectParameters = v.pipe(
  parameters({
    from: rangeEnd("from"),
    to: rangeEnd("to"),
    group_by: oneOf(REJECT_GROUPINGS, "cause"),
    cause: codes("reject causes", MAX_CODES),
    product: codes("product codes", MAX_CODES),
    operation: codes("operation codes", MAX_CODES),
    equipment: codes("equipment codes", MAX_CODES),
    limit: wholeNumber(1, 1000, 100),
  }),
  sensibleRange(MAX_SPAN_DAYS),
);

const holdParameters = v.pipe(
  parameters({
    from: rangeEnd("from"),
    to: rangeEnd("to"),
    reason: codes("hold reasons", MAX_CODES),
    lot: codes("lot numbers", MAX_CODES),
    open: flag(),
    limit: wholeNumber(1, 1000, 100),
    cursor: cursor(),
  }),
  sensibleRange(MAX_SPAN_DAYS),
);

const WIP_FIGURES = ["lots", "wafers", "queued_lots", "running_lots", "on_hold_lots", "oldest_since"] as const;
const REJECT_COLUMNS = ["rank", "label", "name", "quantity", "records", "share", "cumulative_share"] as const;
const HOLD_COLUMNS = [
  ...(["hold_id", "lot_id", "product", "operation", "reason", "reason_name"] as const),
  ...(["placed_at", "released_at", "open", "duration_hours"] as const),
] as const;

/** GET `/wip-summary`, `/reject-history`, `/hold-history`; to be mounted under `/api/reports`. */
export function reports(dialect: Dialect, keep: KeepRoute): Hono<TidegateEnv> {
  const app = new Hono<TidegateEnv>();
  app.get("/wip-summary", keep(KEPT), validate("query", wipParameters), async (c) =>
    answer(c, await wip(c.var.db, c.req.valid("query"))),
  );
  app.get("/reject-history", keep(KEPT), validate("query", rejectParameters), async (c) =>
    answer(c, await rejects(c.var.db, dialect, c.req.valid("query"))),
  );
  app.get("/hold-history", keep(KEPT), validate("query", holdParameters), async (c) =>
    answer(c, await holds(c.var.db, c.req.valid("query"))),
  );
  return app;
}

async function wip(db: GuardedDatabase, query: v.InferOutput<typeof wipParameters>) {
  const { group_by = ["product", "operation"], product, route, operation, state, limit } = query;
  const groupBy = WIP_DIMENSIONS.filter((dimension) => group_by.includes(dimension));
  const rows = await db.query<WipRow>(
    wipSummary({ groupBy, products: product, routes: route, operations: operation, states: state, limit }),
  );
  return {
    file: "wip-summary",
    columns: [...groupBy, ...WIP_FIGURES],
    rows: rows.slice(0, limit),
    meta: { group_by: groupBy, limit, truncated: rows.length > limit },
  };
}

async function rejects(db: GuardedDatabase, dialect: Dialect, query: v.InferOutput<typeof rejectParameters>) {
  const { group_by, cause, product, operation, equipment, limit } = query;
  const range = await reportRange(query, () => latest(db, latestReject()));
  const filters = { causes: cause, products: product, operations: operation, equipment };
  const rows = await db.query<RejectRow>(rejectHistory({ ...range, ...filters, groupBy: group_by, limit }, dialect));
  const total_quantity = rows[0]?.total_quantity ?? 0;
  return {
    file: "reject-history",
    columns: REJECT_COLUMNS,
    rows: rows.slice(0, limit).map(({ total_quantity: _inMeta, ...row }) => row),
    meta: { range, group_by, total_quantity, unit: "dice", limit, truncated: rows.length > limit },
  };
}

async function holds(db: GuardedDatabase, query: v.InferOutput<typeof holdParameters>) {
  const { from, to, reason, lot, open, limit, cursor: after } = query;
  // The open holds are few, and the oldest of them matter most: without a range they are all shown.
  const unbounded = open === true && from === undefined && to === undefined;
  const range = unbounded ? undefined : await reportRange(query, () => latest(db, latestHold()));
  const found = await db.query<HoldRow>(holdHistory({ range, reasons: reason, lots: lot, open, after, limit }));
  const { rows, next } = page(found, limit, (hold) => ({ at: hold.placed_at, id: hold.hold_id }));
  return {
    file: "hold-history",
    columns: HOLD_COLUMNS,
    rows: rows.map((hold) => ({ ...hold, open: hold.released_at === null, duration_hours: durationHours(hold) })),
    meta: { range: range ?? null, paging: { limit, next_cursor: next } },
    nextCursor: next,
  };
}

async function latest(db: GuardedDatabase, statement: Statement): Promise<Date | null> {
  return (await db.one<{ latest: Date | null }>(statement))?.latest ?? null;
}

/** To a hundredth; null while the hold is open. */
function durationHours({ placed_at, released_at }: HoldRow): number | null {
  return released_at === null
    ? null
    : Math.round(((released_at.getTime() - placed_at.getTime()) / HOUR_MS) * 100) / 100;
}
