/** The reports, against what a loop over the plain rows finds; in the embedded database and on a server. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { embeddedPlant, type Plant, serverPlant } from "../support/plant.ts";
import { postgresUnavailable } from "../support/postgres.ts";

const LOTS = 300;
const OPEN_STATES = ["queued", "running", "on_hold"];

interface Lot {
  product: string;
  route: string;
  operation: string;
  state: string;
  quantity: number;
  state_since: Date;
}
interface Reject {
  cause: string;
  product: string;
  operation: string;
  equipment: string;
  day: string;
  quantity: number;
  recorded_at: Date;
}
interface Hold {
  hold_id: string;
  lot_id: string;
  reason_code: string;
  placed_at: Date;
  released_at: Date | null;
}
interface HoldAnswer {
  hold_id: string;
  reason: string;
  placed_at: string;
  open: boolean;
  duration_hours: number | null;
}
interface Pareto {
  rank: number;
  label: string;
  quantity: number;
  records: number;
  share: number;
  cumulative_share: number;
}

const LOT_ROWS = `select product_code as product, route_code as route, operation_code as operation, state, quantity,
  state_since from fab.lots join fab.products using (product_id) join fab.routes on routes.route_id = lots.route_id
  join fab.operations using (operation_id)`;
const REJECT_ROWS = `select cause_code as cause, product_code as product, operation_code as operation,
  equipment_code as equipment, quantity, recorded_at from fab.rejects join fab.products using (product_id)
  join fab.operations using (operation_id) join fab.equipment using (equipment_id)`;

function grouped<Row>(rows: readonly Row[], key: (row: Row) => string): [string, Row[]][] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(key(row), [...(groups.get(key(row)) ?? []), row]);
  return [...groups];
}
const total = (rows: readonly { quantity: number }[]): number => rows.reduce((sum, { quantity }) => sum + quantity, 0);

const HOMES = [
  { name: "the embedded database", open: embeddedPlant, without: undefined },
  { name: "a PostgreSQL", open: serverPlant, without: postgresUnavailable() },
];

describe.each(HOMES)("in $name", ({ open, without }) => {
  describe.skipIf(without !== undefined)(without ?? "the reports", () => {
    let plant: Plant;
    let lots: Lot[];
    let rejects: Reject[];
    let holds: Hold[];
    beforeAll(async () => {
      plant = await open(LOTS);
      lots = (await plant.rows<Lot>(LOT_ROWS)).filter(({ state }) => OPEN_STATES.includes(state));
      rejects = (await plant.rows<Omit<Reject, "day">>(REJECT_ROWS)).map((row) => ({
        ...row,
        day: row.recorded_at.toISOString().slice(0, 10),
      }));
      holds = await plant.rows<Hold>("select * from fab.holds");
    }, 120_000);
    afterAll(() => plant?.close());

    test.each([[["product", "operation"]], [["state"]], [["product", "route", "operation", "state"]]] as const)(
      "wip-summary by %s counts what a loop counts",
      async (groupBy) => {
        const answer = await plant.data<object[]>(`/api/reports/wip-summary?group_by=${groupBy.join(",")}`);
        const count = (of: Lot[], state: string) => of.filter((lot) => lot.state === state).length;
        const expected = grouped(lots, (lot) => JSON.stringify(groupBy.map((name) => lot[name]))).map(([key, of]) => ({
          ...Object.fromEntries(groupBy.map((name, index) => [name, (JSON.parse(key) as string[])[index]])),
          lots: of.length,
          wafers: total(of),
          queued_lots: count(of, "queued"),
          running_lots: count(of, "running"),
          on_hold_lots: count(of, "on_hold"),
          oldest_since: new Date(Math.min(...of.map((lot) => lot.state_since.getTime()))).toISOString(),
        }));
        expect(expected.length).toBeGreaterThan(2);
        expect(new Set(answer.map((row) => JSON.stringify(row, Object.keys(row).sort())))).toEqual(
          new Set(expected.map((row) => JSON.stringify(row, Object.keys(row).sort()))),
        );
      },
    );

    test("wip-summary filters, and says when it is cut short", async () => {
      const one = await plant.data<{ lots: number }[]>(
        "/api/reports/wip-summary?product=AX100,PM310&state=running&group_by=state",
      );
      const expected = lots.filter(({ product, state }) => /AX100|PM310/.test(product) && state === "running");
      expect(one[0]?.lots).toBe(expected.length);

      const cut = (await (await plant.get("/api/reports/wip-summary?limit=1")).json()) as {
        data: [];
        meta: object;
      };
      expect(cut.data).toHaveLength(1);
      expect(cut.meta).toMatchObject({ truncated: true, limit: 1, group_by: ["product", "operation"] });
    });

    test.each(["cause", "product", "operation", "equipment", "day"] as const)(
      "reject-history by %s is the Pareto of the rows in the range",
      async (groupBy) => {
        const [from, to] = ["2026-03-01", "2026-04-30"];
        const inRange = rejects.filter(({ day }) => day >= from && day <= to);
        const answer = await plant.data<Pareto[]>(
          `/api/reports/reject-history?from=${from}&to=${to}&group_by=${groupBy}&limit=1000`,
        );
        const expected = grouped(inRange, (row) => row[groupBy])
          .map(([label, of]) => ({ label, quantity: total(of), records: of.length }))
          .sort((a, b) =>
            groupBy === "day"
              ? a.label.localeCompare(b.label)
              : b.quantity - a.quantity || (a.label < b.label ? -1 : 1),
          );
        expect(answer.map(({ label, quantity, records }) => ({ label, quantity, records }))).toEqual(expected);
        let running = 0;
        for (const [index, row] of answer.entries()) {
          running += row.quantity;
          expect(row.rank).toBe(index + 1);
          expect(row.share).toBeCloseTo(row.quantity / total(inRange), 9);
          expect(row.cumulative_share).toBeCloseTo(running / total(inRange), 9);
        }
        expect(answer.at(-1)?.cumulative_share).toBe(1);
      },
    );

    test("reject-history filters by every code, and keeps the whole total when it is cut short", async () => {
      const { product = "", operation = "", equipment = "", cause = "" } = rejects[0] ?? {};
      const range = "from=2026-01-01&to=2026-12-31";
      const filter = `product=${product}&operation=${operation}&equipment=${equipment}&cause=${cause}`;
      const some = await plant.data<Pareto[]>(`/api/reports/reject-history?${range}&${filter}`);
      expect(some[0]?.quantity).toBe(
        total(
          rejects.filter(
            (row) =>
              row.product === product &&
              row.operation === operation &&
              row.equipment === equipment &&
              row.cause === cause,
          ),
        ),
      );
      const cut = await plant.get(`/api/reports/reject-history?${range}&limit=2`);
      const { data, meta } = (await cut.json()) as { data: Pareto[]; meta: { total_quantity: number } };
      expect(data).toHaveLength(2);
      expect(meta).toMatchObject({ total_quantity: total(rejects), truncated: true, unit: "dice" });
    });

    test("without a range it is the 31 days up to the latest record, which is among them", async () => {
      const latest = Math.max(...rejects.map(({ recorded_at }) => recorded_at.getTime()));
      const response = await plant.get("/api/reports/reject-history");
      const { data, meta } = (await response.json()) as { data: Pareto[]; meta: { range: object } };
      expect(meta.range).toEqual({
        from: new Date(latest + 1 - 31 * 86_400_000).toISOString(),
        to: new Date(latest + 1).toISOString(),
      });
      const within = rejects.filter(({ recorded_at }) => recorded_at.getTime() >= latest + 1 - 31 * 86_400_000);
      expect(data.reduce((sum, { quantity }) => sum + quantity, 0)).toBe(total(within));
    });

    test("hold-history pages through every hold of the range once, the latest first", async () => {
      const inRange = holds.filter(({ placed_at }) => placed_at >= new Date("2026-02-01T00:00:00Z"));
      const seen: HoldAnswer[] = [];
      let next: string | null = "/api/reports/hold-history?from=2026-02-01&to=2026-12-31&limit=60";
      for (; next !== null; ) {
        const response: Response = await plant.get(next);
        seen.push(...((await response.json()) as { data: HoldAnswer[] }).data);
        next = /<(.+)>; rel="next"/.exec(response.headers.get("link") ?? "")?.[1] ?? null;
      }
      expect(inRange.length).toBeGreaterThan(120);
      expect(seen.map(({ hold_id }) => hold_id).sort()).toEqual(inRange.map(({ hold_id }) => String(hold_id)).sort());
      expect(seen.map(({ placed_at }) => placed_at)).toEqual(
        seen
          .map(({ placed_at }) => placed_at)
          .toSorted()
          .reverse(),
      );
      for (const { hold_id, duration_hours, open: isOpen } of seen) {
        const hold = holds.find((each) => String(each.hold_id) === hold_id);
        const hours = hold?.released_at && (hold.released_at.getTime() - hold.placed_at.getTime()) / 3_600_000;
        expect(isOpen).toBe(hours === null);
        if (hours) expect(Math.abs((duration_hours ?? 0) - hours)).toBeLessThan(0.006);
        else expect(duration_hours).toBeNull();
      }
    });

    test("hold-history shows all open holds without a range, and filters by reason and lot", async () => {
      const openOnes = await plant.data<HoldAnswer[]>("/api/reports/hold-history?open=true");
      expect(openOnes).toHaveLength(holds.filter(({ released_at }) => released_at === null).length);
      expect(openOnes.length).toBeGreaterThan(0);

      const range = "from=2026-01-01&to=2026-12-31&limit=1000";
      const released = await plant.data<HoldAnswer[]>(`/api/reports/hold-history?open=false&reason=SPC,TOOL&${range}`);
      const wanted = holds.filter(({ reason_code, released_at }) => /SPC|TOOL/.test(reason_code) && released_at);
      expect(released).toHaveLength(wanted.length);

      const lot = holds[0]?.lot_id ?? "";
      const ofLot = await plant.data<HoldAnswer[]>(`/api/reports/hold-history?lot=${lot}&${range}`);
      expect(ofLot).toHaveLength(holds.filter(({ lot_id }) => lot_id === lot).length);
    });
  });
});
