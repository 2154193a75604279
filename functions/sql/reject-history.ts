/**
 * Dice rejected in a range of time, as a Pareto: the causes, products, operations or tools in falling order, each with
 * its share and the share of all down to it. By day it is in the order of the days.
 */
import { type Statement, sql } from "tidegate";
import type { Dialect } from "./dialect.ts";
import { andIn, firstRows, type Range, within } from "./fragments.ts";

/**
 * `id` is what the rows are added up by: a column of the one index that covers the range. `label` is what people read,
 * looked up for the few sums that are left.
 */
const GROUPINGS = {
  cause: {
    id: () => sql`reject.cause_code`,
    label: sql`cause.cause_code`,
    name: sql`min(cause.cause_name)`,
    from: sql`join fab.reject_causes cause on cause.cause_code = part.id`,
  },
  product: {
    id: () => sql`reject.product_id`,
    label: sql`product.product_code`,
    name: sql`min(product.product_name)`,
    from: sql`join fab.products product on product.product_id = part.id`,
  },
  operation: {
    id: () => sql`reject.operation_id`,
    label: sql`operation.operation_code`,
    name: sql`min(operation.work_center)`,
    from: sql`join fab.operations operation on operation.operation_id = part.id`,
  },
  equipment: {
    id: () => sql`reject.equipment_id`,
    label: sql`tool.equipment_code`,
    name: sql`min(tool.work_center)`,
    from: sql`join fab.equipment tool on tool.equipment_id = part.id`,
  },
  day: {
    id: ({ utcDay }: Dialect) => utcDay(sql`reject.recorded_at`),
    label: sql`to_char(part.id, 'YYYY-MM-DD')`,
    name: sql`to_char(min(part.id), 'YYYY-MM-DD')`,
    from: sql``,
  },
} as const;

export type RejectGrouping = keyof typeof GROUPINGS;
export const REJECT_GROUPINGS = Object.keys(GROUPINGS) as RejectGrouping[];

export interface RejectQuery extends Range {
  readonly groupBy: RejectGrouping;
  readonly causes?: readonly string[] | undefined;
  readonly products?: readonly string[] | undefined;
  readonly operations?: readonly string[] | undefined;
  readonly equipment?: readonly string[] | undefined;
  readonly limit: number;
}

export interface RejectRow {
  readonly rank: number;
  readonly label: string;
  readonly name: string;
  /** Rejected dice. */
  readonly quantity: number;
  readonly records: number;
  /** Of all rejected dice that the filters let through: 0 to 1. */
  readonly share: number;
  readonly cumulative_share: number;
  /** The sum over all groups, those behind the limit too. */
  readonly total_quantity: number;
}

export function rejectHistory(query: RejectQuery, dialect: Dialect): Statement {
  const grouping = GROUPINGS[query.groupBy];
  const id = grouping.id(dialect);
  const { double } = dialect;
  const order = query.groupBy === "day" ? sql`label` : sql`quantity desc, label`;
  return sql`
    with part as (
      select ${id} as id, sum(reject.quantity) as quantity, count(*) as records
      from fab.rejects reject
      where ${within(sql`reject.recorded_at`, query)}
        ${andIn(sql`reject.cause_code`, query.causes)}
        ${andInLookup(sql`reject.product_id`, sql`product_id`, sql`fab.products`, sql`product_code`, query.products)}
        ${andInLookup(sql`reject.operation_id`, sql`operation_id`, sql`fab.operations`, sql`operation_code`, query.operations)}
        ${andInLookup(sql`reject.equipment_id`, sql`equipment_id`, sql`fab.equipment`, sql`equipment_code`, query.equipment)}
      group by ${id}
    ),
    labelled as (
      select ${grouping.label} as label, ${grouping.name} as name,
             sum(part.quantity) as quantity, sum(part.records) as records
      from part ${grouping.from}
      group by ${grouping.label}
    )
    select cast(row_number() over (order by ${order}) as integer) as rank,
           label, name,
           cast(quantity as ${double}) as quantity,
           cast(records as integer) as records,
           cast(quantity / sum(quantity) over () as ${double}) as "share",
           cast(sum(quantity) over (order by ${order}) / sum(quantity) over () as ${double}) as cumulative_share,
           cast(sum(quantity) over () as ${double}) as total_quantity
    from labelled
    order by ${order}
    ${firstRows(query.limit)}`;
}

/** When the last reject was recorded, for a range that nobody named. */
export function latestReject(): Statement {
  return sql`select max(recorded_at) as latest from fab.rejects`;
}

/** Filters by code where the index holds ids, so that the rows of a range need no join. */
function andInLookup(
  column: Statement,
  id: Statement,
  table: Statement,
  code: Statement,
  codes: readonly string[] | undefined,
): Statement {
  return codes === undefined
    ? sql``
    : sql` and ${column} in (select ${id} from ${table} where 1 = 1 ${andIn(code, codes)})`;
}
