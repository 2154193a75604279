/**
 * Where a lot's wafers came from and where they went, over splits and merges.
 *
 * The walk follows time: from a lot that was reached at some moment, wafers can only have left after it (downwards) or
 * come in before it (upwards). A lot that splits off a child and takes it back makes a cycle of lots, which this walks
 * through once; and what was split off before a merge is rightly no descendant of what merged in later.
 *
 * Three bounds end it whatever the rows say: the depth; that of several ways to the same step of the same depth only
 * one is walked on (what `union` would do, which Oracle does not have here); and a limit on the walk itself, which
 * PostgreSQL stops at without computing the rest.
 */
import { type Statement, sql } from "tidegate";
import type { Dialect } from "./dialect.ts";
import { commas, firstRows } from "./fragments.ts";

/** Steps of the walk before it is cut short, far above what any real lot has. */
export const MAX_WALK_STEPS = 20_000;

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

export function lineage(query: LineageQuery, dialect: Dialect): Statement {
  const walks = query.directions.map((direction) => walk(query, direction, dialect));
  const steps = query.directions.map(stepsOf);
  return sql`
    with ${dialect.recursive} ${commas(walks)}
    select step.direction, step.depth, edge.parent_lot_id, edge.child_lot_id, edge.relation, edge.quantity,
           edge.occurred_at, operation.operation_code as operation, lot.lot_id, product.product_code as product,
           lot.state, lot.quantity as lot_quantity
    from (${steps.reduce((all, one) => sql`${all} union all ${one}`)}) step
    join fab.lot_genealogy edge on edge.genealogy_id = step.genealogy_id
    join fab.operations operation on operation.operation_id = edge.operation_id
    join fab.lots lot on lot.lot_id = case step.direction when 'ancestors' then edge.parent_lot_id else edge.child_lot_id end
    join fab.products product on product.product_id = lot.product_id
    order by step.direction, step.depth, edge.occurred_at, edge.genealogy_id
    ${firstRows(query.limit)}`;
}

const DIRECTIONS = {
  ancestors: {
    name: sql`ancestors`,
    near: sql`edge.child_lot_id`,
    far: sql`edge.parent_lot_id`,
    inTime: sql`edge.occurred_at <= walk.reached_at`,
  },
  descendants: {
    name: sql`descendants`,
    near: sql`edge.parent_lot_id`,
    far: sql`edge.child_lot_id`,
    inTime: sql`edge.occurred_at >= walk.reached_at`,
  },
} as const satisfies Record<LineageDirection, Record<string, Statement>>;

/** The walk in one direction, as a common table of that name. `copy` numbers the ways by which a step was reached. */
function walk(query: LineageQuery, direction: LineageDirection, dialect: Dialect): Statement {
  const { name, near, far, inTime } = DIRECTIONS[direction];
  const copy = sql`row_number() over (partition by edge.genealogy_id order by edge.genealogy_id)`;
  return sql`${name} (lot_id, reached_at, depth, genealogy_id, copy) as (
      select ${far}, edge.occurred_at, 1, edge.genealogy_id, ${copy}
      from fab.lot_genealogy edge
      where ${near} = ${query.lot}
      union all
      select ${far}, edge.occurred_at, walk.depth + 1, edge.genealogy_id, ${copy}
      from ${name} walk
      join fab.lot_genealogy edge on ${near} = walk.lot_id and ${inTime}
      where walk.copy = 1 and walk.depth < ${query.maxDepth}
    ) ${dialect.mayComeBack}`;
}

function stepsOf(direction: LineageDirection): Statement {
  return sql`
      select cast(${direction} as varchar(12)) as direction, genealogy_id, min(depth) as depth
      from (select genealogy_id, depth from ${DIRECTIONS[direction].name} fetch first ${MAX_WALK_STEPS} rows only) bounded
      group by genealogy_id`;
}
