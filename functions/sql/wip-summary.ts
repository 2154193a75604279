/** What is in the plant right now: lots and wafers that have not left it, by product, operation, route or state. */
import { type Statement, sql } from "tidegate";
import { andIn, commas, firstRows } from "./fragments.ts";

export const WIP_STATES = ["queued", "running", "on_hold"] as const;

/** Everything the report can group by, in the order of its columns. */
const DIMENSIONS = {
  product: sql`product.product_code`,
  route: sql`route.route_code`,
  operation: sql`operation.operation_code`,
  state: sql`lot.state`,
} as const satisfies Record<string, Statement>;

const LABELS = {
  product: sql`product.product_code as product`,
  route: sql`route.route_code as route`,
  operation: sql`operation.operation_code as operation`,
  state: sql`lot.state as state`,
} as const satisfies Record<WipDimension, Statement>;

export type WipDimension = keyof typeof DIMENSIONS;
export const WIP_DIMENSIONS = Object.keys(DIMENSIONS) as WipDimension[];

export interface WipQuery {
  readonly groupBy: readonly WipDimension[];
  readonly products?: readonly string[] | undefined;
  readonly routes?: readonly string[] | undefined;
  readonly operations?: readonly string[] | undefined;
  readonly states?: readonly string[] | undefined;
  readonly limit: number;
}

export interface WipRow extends Partial<Record<WipDimension, string>> {
  readonly lots: number;
  readonly wafers: number;
  readonly queued_lots: number;
  readonly running_lots: number;
  readonly on_hold_lots: number;
  /** Since when the lot that waits longest has been as it is. */
  readonly oldest_since: Date;
}

export function wipSummary(query: WipQuery): Statement {
  const groupBy = WIP_DIMENSIONS.filter((dimension) => query.groupBy.includes(dimension));
  const keys = commas(groupBy.map((dimension) => DIMENSIONS[dimension]));
  return sql`
    select ${commas(groupBy.map((dimension) => LABELS[dimension]))},
           cast(count(*) as integer) as lots,
           cast(sum(lot.quantity) as integer) as wafers,
           cast(sum(case when lot.state = 'queued' then 1 else 0 end) as integer) as queued_lots,
           cast(sum(case when lot.state = 'running' then 1 else 0 end) as integer) as running_lots,
           cast(sum(case when lot.state = 'on_hold' then 1 else 0 end) as integer) as on_hold_lots,
           min(lot.state_since) as oldest_since
    from fab.lots lot
    join fab.products product on product.product_id = lot.product_id
    join fab.routes route on route.route_id = lot.route_id
    join fab.operations operation on operation.operation_id = lot.operation_id
    where lot.state in ('queued', 'running', 'on_hold')
      ${andIn(sql`lot.state`, query.states)}
      ${andIn(DIMENSIONS.product, query.products)}
      ${andIn(DIMENSIONS.route, query.routes)}
      ${andIn(DIMENSIONS.operation, query.operations)}
    group by ${keys}
    order by ${keys}
    ${firstRows(query.limit)}`;
}
