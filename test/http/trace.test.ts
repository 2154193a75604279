/** Lineage and history of lots: against a walk over the plain rows, and over rows no plant should have. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { embeddedPlant, type Plant, serverPlant } from "../support/plant.ts";
import { postgresUnavailable } from "../support/postgres.ts";

const LOTS = 120;

/**
 * Lots X0 to X4: a ring in one and the same moment, which no order of time can break. W: a hub with 60 children. Z: B
 * splits off Z on day 1, and Y merges into Z on day 2, so that B has nothing of Y. V: twenty times apart and together
 * again, which makes a million ways from V0 to V20.
 */
const ODD_ROWS = `
  insert into fab.lots (lot_id, product_id, route_id, operation_id, state, started_quantity, quantity, started_at, state_since)
    select name, 1, 1, 101, 'queued', 25, 25, timestamp with time zone '2026-01-05 00:00+00',
           timestamp with time zone '2026-01-05 00:00+00'
    from (select 'X' || n as name from generate_series(0, 4) n union all select 'W' || n from generate_series(0, 60) n
          union all select 'V' || n || side from generate_series(0, 20) n, (values (''), ('a'), ('b')) as sides (side)
          union all values ('Z'), ('B'), ('Y')) as odd;
  insert into fab.lot_events (event_id, lot_id, event_type, occurred_at, operation_id, quantity, quantity_change, related_lot_id)
    select 999000000 + row_number() over (order by parent, child), parent, kind,
           timestamp with time zone '2026-01-06 00:00+00' + day * interval '1 day', 101, 24, -1, child
    from (select 'X' || n as parent, 'X' || (n + 1) % 5 as child, 'split' as kind, 0 as day from generate_series(0, 4) n
          union all select 'W0', 'W' || n, 'split', 0 from generate_series(1, 60) n
          union all select 'V' || n, 'V' || n || side, 'split', 0 from generate_series(0, 19) n, (values ('a'), ('b')) as s (side)
          union all select 'V' || n || side, 'V' || n + 1, 'merge', 0 from generate_series(0, 19) n, (values ('a'), ('b')) as s (side)
          union all values ('Z', 'B', 'split', 1), ('Y', 'Z', 'merge', 2)) as odd;
  insert into fab.lot_genealogy (genealogy_id, parent_lot_id, child_lot_id, relation, quantity, operation_id, occurred_at)
    select event_id, lot_id, related_lot_id, event_type, 1, 101, occurred_at from fab.lot_events where event_id > 999000000;`;

interface Edge {
  parent_lot_id: string;
  child_lot_id: string;
  occurred_at: Date;
}
interface Step {
  depth: number;
  parent_lot_id: string;
  child_lot_id: string;
  lot_id: string;
}
interface Lineage {
  lot: { lot_id: string };
  ancestors: Step[];
  descendants: Step[];
}
interface Event {
  event_id: string;
  lot_id: string;
  event_type: string;
  occurred_at: string;
}

/** Every edge that wafers leaving `lot` can have passed, with the fewest steps to it: by hand, one edge at a time. */
function walk(edges: readonly Edge[], lot: string, direction: "ancestors" | "descendants"): Map<string, number> {
  const down = direction === "descendants";
  const found = new Map<string, number>();
  const visit = (at: string, since: number, depth: number): void => {
    for (const edge of edges) {
      const moment = edge.occurred_at.getTime();
      const inTime = down ? moment >= since : moment <= since;
      if ((down ? edge.parent_lot_id : edge.child_lot_id) !== at || !inTime || depth > 10) continue;
      const name = `${edge.parent_lot_id}>${edge.child_lot_id}@${moment}`;
      found.set(name, Math.min(found.get(name) ?? depth, depth));
      visit(down ? edge.child_lot_id : edge.parent_lot_id, moment, depth + 1);
    }
  };
  visit(lot, down ? 0 : Number.MAX_SAFE_INTEGER, 1);
  return found;
}

const HOMES = [
  { name: "the embedded database", open: embeddedPlant, without: undefined },
  { name: "a PostgreSQL", open: serverPlant, without: postgresUnavailable() },
];

describe.each(HOMES)("in $name", ({ open, without }) => {
  describe.skipIf(without !== undefined)(without ?? "tracing", () => {
    let plant: Plant;
    beforeAll(async () => {
      plant = await open(LOTS, [ODD_ROWS]);
    }, 120_000);
    afterAll(() => plant?.close());

    const lineage = (lot: string, more = "") => plant.data<Lineage>(`/api/trace/lineage?lot=${lot}${more}`);

    test("a lineage is what a walk along the edges in the order of time finds, for every lot of the plant", async () => {
      const edges = await plant.rows<Edge>("select * from fab.lot_genealogy where genealogy_id < 999000000");
      const lots = new Set(edges.flatMap((edge) => [edge.parent_lot_id, edge.child_lot_id]));
      expect(lots.size).toBeGreaterThan(60);
      for (const lot of lots) {
        const answer = await lineage(lot);
        for (const direction of ["ancestors", "descendants"] as const) {
          const expected = walk(edges, lot, direction);
          const names = answer[direction].map((step) => `${step.parent_lot_id}>${step.child_lot_id}`);
          expect(names.sort()).toEqual([...expected.keys()].map((name) => name.split("@")[0]).sort());
          const depths = answer[direction].map(({ depth }) => depth).sort();
          expect(depths).toEqual([...expected.values()].sort());
        }
      }
    });

    test("some lots go five generations deep", async () => {
      const [deep] = await plant.rows<{ lot_id: string }>("select lot_id from fab.lots where lot_id like '%.05'");
      const { ancestors } = await lineage(deep?.lot_id ?? "", "&direction=ancestors");
      expect(Math.max(...ancestors.map(({ depth }) => depth))).toBe(5);
    });

    test("what was split off before a merge has nothing of what merged in later", async () => {
      expect((await lineage("Y")).descendants.map(({ lot_id }) => lot_id)).toEqual(["Z"]);
      expect((await lineage("B")).ancestors.map(({ lot_id }) => lot_id)).toEqual(["Z"]);
    });

    test("a ring ends, and every edge of it is there once", async () => {
      const ring = await lineage("X0", "&max_depth=50");
      expect(ring.descendants.map(({ lot_id }) => lot_id)).toEqual(["X1", "X2", "X3", "X4", "X0"]);
      expect(ring.ancestors.map(({ depth }) => depth)).toEqual([1, 2, 3, 4, 5]);
    });

    test("ways that part and meet again are walked once, not each of their combinations", async () => {
      const down = await lineage("V0", "&max_depth=50");
      expect(down.descendants).toHaveLength(80);
      expect(Math.max(...down.descendants.map(({ depth }) => depth))).toBe(40);
      const up = await lineage("V20", "&max_depth=50");
      expect(up.ancestors).toHaveLength(80);
    });

    test("depth, direction and number are bounded as asked", async () => {
      const near = await lineage("X0", "&max_depth=2&direction=descendants");
      expect(near.descendants.map(({ lot_id }) => lot_id)).toEqual(["X1", "X2"]);
      expect(near.ancestors).toEqual([]);
      const response = await plant.get("/api/trace/lineage?lot=W0&limit=25");
      const { data, meta } = (await response.json()) as { data: Lineage; meta: object };
      expect(data.descendants).toHaveLength(25);
      expect(meta).toMatchObject({ truncated: true, limit: 25 });
    });

    test("a lot that is not there is a 404 that names it", async () => {
      const response = await plant.get("/api/trace/lineage?lot=L9999999");
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({
        error: { code: "NOT_FOUND", message: "Lot L9999999 does not exist." },
      });
    });

    test("the history of some lots is all their events, in order, over however many pages", async () => {
      const lots = ["L0000001", "L0000002", "L0000003"];
      const rows = await plant.rows<{ event_id: number }>(
        `select event_id from fab.lot_events where lot_id in ('${lots.join("','")}') order by occurred_at, event_id`,
      );
      const seen: Event[] = [];
      let next: string | null = `/api/trace/events?lots=${lots}&limit=40`;
      for (; next !== null; ) {
        const response: Response = await plant.get(next);
        seen.push(...((await response.json()) as { data: Event[] }).data);
        next = /<(.+)>; rel="next"/.exec(response.headers.get("link") ?? "")?.[1] ?? null;
      }
      expect(rows.length).toBeGreaterThan(80);
      expect(seen.map(({ event_id }) => event_id)).toEqual(rows.map(({ event_id }) => String(event_id)));
    });

    test("events are filtered by type and time", async () => {
      const [from, to] = ["2026-01-10", "2026-01-20T12:00:00Z"];
      const lots = Array.from({ length: 50 }, (_, index) => `L${String(index + 1).padStart(7, "0")}`);
      const path = `/api/trace/events?lots=${lots}&types=split,hold&from=${from}&to=${to}&limit=1000`;
      const expected = await plant.rows(
        `select event_id from fab.lot_events where event_type in ('split', 'hold') and lot_id in ('${lots.join("','")}')
         and occurred_at >= '2026-01-10 00:00+00' and occurred_at < '2026-01-20 12:00+00'`,
      );
      expect(expected.length).toBeGreaterThan(2);
      expect(await plant.data<Event[]>(path)).toHaveLength(expected.length);
    });

    test("lots that do not exist are named; when none does it is a 404", async () => {
      const some = await plant.get("/api/trace/events?lots=L0000001,L7777777");
      expect(await some.json()).toMatchObject({ success: true, meta: { unknown_lots: ["L7777777"] } });
      // It exists, though none of its events is in that range.
      const quiet = await plant.get("/api/trace/events?lots=L0000001&from=2030-01-01");
      expect(await quiet.json()).toMatchObject({ success: true, data: [], meta: { unknown_lots: [] } });
      const none = await plant.get("/api/trace/events?lots=L7777777,L8888888");
      expect(none.status).toBe(404);
      expect(await none.json()).toMatchObject({
        error: { message: "Lot L7777777 does not exist. Lot L8888888 does not exist." },
      });
    });
  });
});
