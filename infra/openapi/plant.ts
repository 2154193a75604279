/** The demo's reports and traces. */
import * as v from "valibot";
import { EVENT_TYPES } from "../../functions/sql/events.ts";
import { REJECT_GROUPINGS } from "../../functions/sql/reject-history.ts";
import { WIP_DIMENSIONS, WIP_STATES } from "../../functions/sql/wip-summary.ts";
import { amount, count, isoTime, ratio } from "../../lib/contract/values.ts";

const text = v.string();
/** Of lots that have left the plant, too. */
const lotState = v.string();
const range = v.strictObject({ from: isoTime, to: isoTime });
const paging = v.strictObject({ limit: count, next_cursor: v.nullable(text) });
const cut = { limit: count, truncated: v.boolean() };

export const wipRows = v.array(
  v.strictObject({
    product: v.optional(text),
    route: v.optional(text),
    operation: v.optional(text),
    state: v.optional(v.picklist(WIP_STATES)),
    lots: count,
    wafers: count,
    queued_lots: count,
    running_lots: count,
    on_hold_lots: count,
    oldest_since: isoTime,
  }),
);
export const wipMeta = { group_by: v.array(v.picklist(WIP_DIMENSIONS)), ...cut };

export const rejectRows = v.array(
  v.strictObject({
    rank: count,
    label: text,
    name: text,
    quantity: amount,
    records: count,
    share: ratio,
    // A sum of shares can be more than 1 by what floating point adds.
    cumulative_share: amount,
  }),
);
export const rejectMeta = {
  range,
  group_by: v.picklist(REJECT_GROUPINGS),
  total_quantity: amount,
  unit: v.literal("dice"),
  ...cut,
};

export const holdRows = v.array(
  v.strictObject({
    hold_id: text,
    lot_id: text,
    product: text,
    operation: text,
    reason: text,
    reason_name: text,
    placed_at: isoTime,
    released_at: v.nullable(isoTime),
    open: v.boolean(),
    duration_hours: v.nullable(amount),
  }),
);
export const holdMeta = { range: v.nullable(range), paging };

const step = v.strictObject({
  direction: v.picklist(["ancestors", "descendants"]),
  depth: count,
  parent_lot_id: text,
  child_lot_id: text,
  relation: v.picklist(["split", "merge"]),
  quantity: count,
  occurred_at: isoTime,
  operation: text,
  lot_id: text,
  product: text,
  state: lotState,
  lot_quantity: count,
});
export const lineageData = v.strictObject({
  lot: v.strictObject({
    lot_id: text,
    product: text,
    route: text,
    state: lotState,
    quantity: count,
    started_at: isoTime,
  }),
  ancestors: v.array(step),
  descendants: v.array(step),
});
export const lineageMeta = {
  direction: v.picklist(["both", "ancestors", "descendants"]),
  max_depth: count,
  ...cut,
};

export const eventRows = v.array(
  v.strictObject({
    event_id: text,
    lot_id: text,
    event_type: v.picklist(EVENT_TYPES),
    occurred_at: isoTime,
    operation: text,
    step_no: count,
    equipment: v.nullable(text),
    quantity: count,
    quantity_change: v.pipe(v.number(), v.integer()),
    related_lot_id: v.nullable(text),
    reason: v.nullable(text),
  }),
);
export const eventMeta = { unknown_lots: v.array(text), paging };
