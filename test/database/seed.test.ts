/** The demo plant's rows: the same everywhere, and such as a real plant could have written. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { demoStatements, LOTS_PER_SCALE, ranges, seedStatements } from "../../infra/seed/statements.ts";
import { because } from "../support/because.ts";
import { embeddedPlant, type Plant, seedServer } from "../support/plant.ts";
import { postgresUnavailable, startPostgres } from "../support/postgres.ts";

const TABLES = [
  ...["routes", "products", "operations", "equipment", "hold_reasons", "reject_causes"],
  ...["lots", "lot_events", "holds", "rejects", "lot_genealogy"],
];

/** One line per table: its rows, sorted, as one number. */
const CHECKSUMS = TABLES.map(
  (table) => `select '${table}' as name, cast(count(*) as integer) as rows,
    md5(string_agg(cast(t as text), '|' order by cast(t as text) collate "C")) as sum from fab.${table} t`,
).join(" union all ");

/** Each finds rows that cannot be; none may. */
const IMPOSSIBLE: Record<string, string> = {
  "a track-out without the track-in before it": `
    select 1 from fab.lot_events o where event_type = 'track_out' and not exists (
      select 1 from fab.lot_events i where i.lot_id = o.lot_id and i.operation_id = o.operation_id
        and i.event_type = 'track_in' and i.equipment_id = o.equipment_id and i.occurred_at < o.occurred_at)`,
  "a step out of the route's order": `
    select 1 from (select step_no - lag(step_no) over (partition by lot_id order by occurred_at) as ahead
      from fab.lot_events join fab.operations using (operation_id) where event_type = 'track_in') s where ahead <> 1`,
  "an operation of another route": `
    select 1 from fab.lot_events e join fab.lots l using (lot_id) join fab.operations o on o.operation_id = e.operation_id
    where o.route_id <> l.route_id`,
  "equipment of another work centre": `
    select 1 from fab.lot_events e join fab.operations o using (operation_id)
    join fab.equipment m on m.equipment_id = e.equipment_id where m.work_center <> o.work_center`,
  "a quantity that its changes do not add up to": `
    select 1 from (select e.quantity, l.started_quantity + sum(e.quantity_change) over (
        partition by e.lot_id order by e.occurred_at, e.event_id) as adds_up
      from fab.lot_events e join fab.lots l using (lot_id)) q where quantity <> adds_up`,
  "a lot whose quantity is not that of its last event": `
    select 1 from fab.lots l where quantity <> (
      select e.quantity from fab.lot_events e where e.lot_id = l.lot_id order by occurred_at desc, event_id desc limit 1)`,
  "an event of a lot that is gone": `
    select 1 from fab.lot_events e join fab.lots l using (lot_id)
    where l.state in ('merged', 'scrapped', 'shipped') and e.occurred_at > l.state_since`,
  "wafers that appear or vanish": `
    select 1 where (select sum(started_quantity) from fab.lots) <> (select sum(quantity) from fab.lots)
      - (select sum(quantity_change) from fab.lot_events where event_type = 'scrap')`,
  "a split or merge without its other side": `
    select 1 from fab.lot_events e where event_type in ('split', 'merge') and not exists (
      select 1 from fab.lot_events o where o.lot_id = e.related_lot_id and o.related_lot_id = e.lot_id
        and o.occurred_at = e.occurred_at and o.quantity_change = -e.quantity_change)`,
  "a split or merge without genealogy": `
    select 1 from fab.lot_events e left join fab.lot_genealogy g on g.genealogy_id = e.event_id
    where event_type in ('split', 'merge') and quantity_change < 0
      and (g.parent_lot_id, g.child_lot_id, g.quantity) is distinct from (e.lot_id, e.related_lot_id, -e.quantity_change)`,
  "a hold that is not in the history": `
    select 1 from fab.holds h where not exists (select 1 from fab.lot_events e where e.event_id = h.hold_id
      and e.event_type = 'hold' and e.lot_id = h.lot_id and e.occurred_at = h.placed_at
      and e.reason_code = h.reason_code)`,
  "a lot on hold without an open hold, or the other way round": `
    select 1 from fab.lots l where (state = 'on_hold') <> exists (
      select 1 from fab.holds h where h.lot_id = l.lot_id and released_at is null)`,
  "more rejects than dice": `
    select 1 from fab.rejects r join fab.lot_events e using (event_id) join fab.products p using (product_id)
    where r.quantity > e.quantity * p.dice_per_wafer or e.event_type <> 'track_out' or e.lot_id <> r.lot_id`,
};

describe("the seed", () => {
  let plant: Plant;
  beforeAll(async () => {
    // Times are compared as text.
    plant = await embeddedPlant(LOTS_PER_SCALE, ["set time zone 'UTC'"]);
  });
  afterAll(() => plant?.close());

  test.each(Object.entries(IMPOSSIBLE))("%s is nowhere to be found", async (_name, sql) => {
    expect(await plant.rows(`select count(*) as found from (${sql}) impossible`)).toEqual([{ found: 0 }]);
  });

  test("has lots in every state, and every kind of event", async () => {
    const states = await plant.rows<{ state: string }>("select distinct state from fab.lots order by 1");
    expect(states.map(({ state }) => state)).toEqual(
      ["merged", "on_hold", "queued", "running", "scrapped", "shipped"].sort(),
    );
    expect(await plant.rows("select distinct event_type from fab.lot_events")).toHaveLength(7);
  });

  test("has about 50,000 events, and with half the lots about half of them", async () => {
    const count = "select cast(count(*) as integer) as n from fab.lot_events";
    const [whole] = await plant.rows<{ n: number }>(count);
    expect(Math.abs((whole?.n ?? 0) - 50_000)).toBeLessThan(1000);
    const smaller = await embeddedPlant(LOTS_PER_SCALE / 2);
    const [half] = await smaller.rows<{ n: number }>(count);
    await smaller.close();
    expect((half?.n ?? 0) / (whole?.n ?? 0)).toBeCloseTo(0.5, 1);
  });

  test("rejects about 3 % of the dice, most of them for a few causes", async () => {
    const [share] = await plant.rows<{ rejected: number }>(
      `select cast((select sum(quantity) from fab.rejects) as double precision)
         / sum(started_quantity * dice_per_wafer) as rejected from fab.lots join fab.products using (product_id)`,
    );
    expect(share?.rejected).toBeGreaterThan(0.02);
    expect(share?.rejected).toBeLessThan(0.04);
    const causes = await plant.rows<{ n: number }>(
      "select count(*) as n from fab.rejects group by cause_code order by 1 desc",
    );
    const total = causes.reduce((sum, { n }) => sum + n, 0);
    expect(causes.slice(0, 4).reduce((sum, { n }) => sum + n, 0) / total).toBeGreaterThan(0.65);
  });

  test.skipIf(postgresUnavailable() !== undefined)(
    `gives the same rows on a PostgreSQL, however the lots are cut into ranges${because(postgresUnavailable())}`,
    async () => {
      const server = await startPostgres();
      try {
        await seedServer(server.url, LOTS_PER_SCALE, 137);
        await server.query("alter role all set timezone = 'UTC'");
        const there = [...(await server.query(CHECKSUMS))];
        expect(there).toEqual(await plant.rows(CHECKSUMS));
        expect(there).not.toContainEqual(expect.objectContaining({ rows: 0 }));
      } finally {
        await server.dispose();
      }
    },
  );
});

test("a schema that is there is left as it is", async () => {
  const [schema = "", reference = "", seed = "", afterLoad = ""] = demoStatements(3);
  const plant = await embeddedPlant(3, [schema, reference, afterLoad]);
  expect(seed).toContain("insert into fab.lots");
  expect(await plant.rows("select count(*) as n from fab.lots where started_quantity > 0")).toEqual([{ n: 3 }]);
  await plant.close();
});

test("ranges cover every lot once", () => {
  expect([...ranges(7, 3)].map(({ firstLot, lastLot }) => [firstLot, lastLot])).toEqual([
    [1, 3],
    [4, 6],
    [7, 7],
  ]);
});

test.each([
  { firstLot: 0, lastLot: 1, lotCount: 1 },
  { firstLot: 2, lastLot: 1, lotCount: 2 },
  { firstLot: 1, lastLot: 3, lotCount: 2 },
  { firstLot: 1, lastLot: 1.5, lotCount: 2 },
  { firstLot: 1, lastLot: 1, lotCount: 10_000_000 },
  { firstLot: "1; drop table x" as unknown as number, lastLot: 1, lotCount: 1 },
])("nothing but a range of whole numbers becomes part of the SQL: $firstLot to $lastLot of $lotCount", (range) => {
  expect(() => seedStatements(range)).toThrow(RangeError);
});
