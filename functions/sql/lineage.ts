/**
 * Where a lot's wafers came from and where they went, over splits and merges.
 *
 * The walk follows time: from a lot that was reached at some moment, wafers can only have left after it (downwards) or
 * come in before it (upwards). A lot that splits off a child and takes it back makes a cycle of lots, which this walks
 * through once; and what was split off before a merge is rightly no descendant of what merged in later.
 *
 * Three bounds end it whatever the rows say: the depth, `union` (not `union all`), which drops what was walked before,
 * and a limit on the walk itself, which PostgreSQL stops at without computing the rest.
 */
import { type Statement, sql } from "tidegate";
import { firstRows, instant } from "./fragments.ts";

/** Steps of the walk before it is cut short, far above what any real lot has. */
export const MAX_WALK_STEPS = 20_000;

const BEGINNING_OF_TIME = "0001-01-01T00:00:00Z";
const END_OF_TIME = "9999-12-31T00:00:00Z";

export type LineageDirection = "ancestors" | "descendants";

export interface LineageQuery {
  readonly lot: string;
  readonly directions: readonly LineageDirection[];
  readonly maxDepth: number;
  readonly limit: number;
}

/** One passing of wafers from a lot to another. Of several ways to it, `depth` is the shortest. */
export interface LineageRow {
  readonly direction: LineageDirection;
  readonly depth: number;
  readonly parent_lot_id: string;
  readonly child_lot_id: string;
  readonly relation: "split" | "merge";
  /** Wafers that passed. */
  readonly quantity: number;
  readonly occurred_at: Date;
  readonly operation: string;
  /** Of the lot that this step reached: the child on the way down, the parent on the way up. */
  readonly lot_id: string;
  readonly product: string;
  readonly state: string;
  readonly lot_quantity: number;
}

/** The lot a lineage starts from. */
export interface LineageLot {
  readonly lot_id: string;
  readonly product: string;
  readonly route: string;
  readonly state: string;
  readonly quantity: number;
  readonly started_at: Date;
}

export function lineageLot(lot: string): Statement {
  return sql`
    select lot.lot_id, product.product_code as product, route.route_code as route, lot.state, lot.quantity,
           lot.started_at
    from fab.lots lot
    join fab.products product on product.product_id = lot.product_id
    join fab.routes route on route.route_id = lot.route_id
    where lot.lot_id = ${lot}`;
}

export function lineage(query: LineageQuery): Statement {
  const walks = query.directions.map((direction) => sql`(${walk(query, direction)})`);
  return sql`
    select step.direction, step.depth, edge.parent_lot_id, edge.child_lot_id, edge.relation, edge.quantity,
           edge.occurred_at, operation.operation_code as operation, lot.lot_id, product.product_code as product,
           lot.state, lot.quantity as lot_quantity
    from (${walks.reduce((all, one) => sql`${all} union all ${one}`)}) step
    join fab.lot_genealogy edge on edge.genealogy_id = step.genealogy_id
    join fab.operations operation on operation.operation_id = edge.operation_id
    join fab.lots lot on lot.lot_id = case step.direction when 'ancestors' then edge.parent_lot_id else edge.child_lot_id end
    join fab.products product on product.product_id = lot.product_id
    order by step.direction, step.depth, edge.occurred_at, edge.genealogy_id
    ${firstRows(query.limit)}`;
}

function walk(query: LineageQuery, direction: LineageDirection): Statement {
  const down = direction === "descendants";
  const [near, far] = down
    ? [sql`edge.parent_lot_id`, sql`edge.child_lot_id`]
    : [sql`edge.child_lot_id`, sql`edge.parent_lot_id`];
  const inTime = down ? sql`edge.occurred_at >= walk.at` : sql`edge.occurred_at <= walk.at`;
  return sql`
    with recursive walk (lot_id, at, depth, genealogy_id) as (
      select cast(${query.lot} as varchar(24)), ${instant(down ? BEGINNING_OF_TIME : END_OF_TIME)}, 0, cast(null as bigint)
      union
      select ${far}, edge.occurred_at, walk.depth + 1, edge.genealogy_id
      from walk
      join fab.lot_genealogy edge on ${near} = walk.lot_id and ${inTime}
      where walk.depth < ${query.maxDepth}
    ),
    bounded as (select genealogy_id, depth from walk fetch first ${MAX_WALK_STEPS} rows only)
    select cast(${direction} as varchar(12)) as direction, genealogy_id, min(depth) as depth
    from bounded
    where genealogy_id is not null
    group by genealogy_id`;
}
