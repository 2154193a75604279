/** The history of some lots, oldest first: every event of each, in the order it happened. */
import { list, type Statement, sql } from "tidegate";
import { andIn, firstRows, instant } from "./fragments.ts";

export const EVENT_TYPES = ["track_in", "track_out", "hold", "release", "split", "merge", "scrap"] as const;

/** The last row of a page: the next one begins behind it. */
export interface EventPosition {
  readonly at: string;
  readonly id: string;
}

export interface EventQuery {
  readonly lots: readonly string[];
  readonly types?: readonly string[] | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly after?: EventPosition | undefined;
  /** Left out: all of them. */
  readonly limit?: number | undefined;
}

export interface EventRow {
  readonly event_id: string;
  readonly lot_id: string;
  readonly event_type: (typeof EVENT_TYPES)[number];
  readonly occurred_at: Date;
  readonly operation: string;
  readonly step_no: number;
  readonly equipment: string | null;
  /** Wafers in the lot after the event. */
  readonly quantity: number;
  readonly quantity_change: number;
  readonly related_lot_id: string | null;
  /** Why it was held, or what it was scrapped for. */
  readonly reason: string | null;
}

export function lotEvents(query: EventQuery): Statement {
  const { from, to, after } = query;
  return sql`
    select cast(page.event_id as varchar(20)) as event_id, page.lot_id, page.event_type, page.occurred_at,
           operation.operation_code as operation, operation.step_no, tool.equipment_code as equipment,
           page.quantity, page.quantity_change, page.related_lot_id, page.reason
    from (
      select event.event_id, event.lot_id, event.event_type, event.occurred_at, event.operation_id,
             event.equipment_id, event.quantity, event.quantity_change, event.related_lot_id,
             coalesce(event.reason_code, event.cause_code) as reason
      from fab.lot_events event
      where event.lot_id in (${list(query.lots)})
        ${andIn(sql`event.event_type`, query.types)}
        ${from === undefined ? sql`` : sql` and event.occurred_at >= ${instant(from)}`}
        ${to === undefined ? sql`` : sql` and event.occurred_at < ${instant(to)}`}
        ${after === undefined ? sql`` : behind(after)}
      order by event.occurred_at, event.event_id
      ${query.limit === undefined ? sql`` : firstRows(query.limit)}
    ) page
    join fab.operations operation on operation.operation_id = page.operation_id
    left join fab.equipment tool on tool.equipment_id = page.equipment_id
    order by page.occurred_at, page.event_id`;
}

/** Which of these lots there are. */
export function knownLots(lots: readonly string[]): Statement {
  return sql`select lot_id from fab.lots where lot_id in (${list(lots)})`;
}

function behind({ at, id }: EventPosition): Statement {
  return sql` and event.occurred_at >= ${instant(at)}
    and (event.occurred_at > ${instant(at)} or event.event_id > ${Number(id)})`;
}
