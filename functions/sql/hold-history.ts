/** Holds in a range of time, the latest first: why, on what, how long, and which are still open. */
import { type Statement, sql } from "tidegate";
import { andIn, firstRows, instant, type Range, within } from "./fragments.ts";

/** The last row of a page: the next one begins behind it, whatever was placed in the meantime. */
export interface HoldPosition {
  readonly at: string;
  readonly id: string;
}

export interface HoldQuery {
  /** Absent for all times, which is bounded only together with `open`. */
  readonly range?: Range | undefined;
  readonly reasons?: readonly string[] | undefined;
  readonly lots?: readonly string[] | undefined;
  /** True: only those that are open; false: only those that were released. */
  readonly open?: boolean | undefined;
  readonly after?: HoldPosition | undefined;
  readonly limit: number;
}

export interface HoldRow {
  readonly hold_id: string;
  readonly lot_id: string;
  readonly product: string;
  readonly operation: string;
  readonly reason: string;
  readonly reason_name: string;
  readonly placed_at: Date;
  readonly released_at: Date | null;
}

export function holdHistory(query: HoldQuery): Statement {
  const { range, open, after } = query;
  return sql`
    select cast(page.hold_id as varchar(20)) as hold_id, page.lot_id, product.product_code as product,
           operation.operation_code as operation, page.reason_code as reason, reason.reason_name as reason_name,
           page.placed_at, page.released_at
    from (
      select hold.hold_id, hold.lot_id, hold.operation_id, hold.reason_code, hold.placed_at, hold.released_at
      from fab.holds hold
      where 1 = 1
        ${range === undefined ? sql`` : sql` and ${within(sql`hold.placed_at`, range)}`}
        ${open === undefined ? sql`` : open ? sql` and hold.released_at is null` : sql` and hold.released_at is not null`}
        ${andIn(sql`hold.reason_code`, query.reasons)}
        ${andIn(sql`hold.lot_id`, query.lots)}
        ${after === undefined ? sql`` : behind(after)}
      order by hold.placed_at desc, hold.hold_id desc
      ${firstRows(query.limit)}
    ) page
    join fab.lots lot on lot.lot_id = page.lot_id
    join fab.products product on product.product_id = lot.product_id
    join fab.operations operation on operation.operation_id = page.operation_id
    join fab.hold_reasons reason on reason.reason_code = page.reason_code
    order by page.placed_at desc, page.hold_id desc`;
}

/** When the last hold was placed, for a range that nobody named. */
export function latestHold(): Statement {
  return sql`select max(placed_at) as latest from fab.holds`;
}

/** The first condition is the one an index can begin at; the second settles holds of the same moment. */
function behind({ at, id }: HoldPosition): Statement {
  return sql` and hold.placed_at <= ${instant(at)}
    and (hold.placed_at < ${instant(at)} or hold.hold_id < ${Number(id)})`;
}
