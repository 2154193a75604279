/** Streams on a real server: held while they are read, gone when they are not, and never larger than a batch. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import type { Database, TakeRows } from "../../lib/database/port.ts";
import { sql } from "../../lib/database/sql.ts";
import { type Conditions, execution, SETTINGS } from "../support/execution.ts";
import { postgresUnavailable } from "../support/postgres.ts";
import { postgresScene, runtime, tookMs } from "../support/postgres-scene.ts";
import { eventually, signalTo } from "../support/processes.ts";

type Numbered = { readonly n: number };
const run = (conditions: Conditions = {}) => execution(runtime, conditions);
const upTo = (rows: number) => sql`select n from generate_series(1, ${rows}::int) n`;
const never = () => new Promise<boolean>(() => {});

describe.skipIf(postgresUnavailable() !== undefined)(`streams: ${postgresUnavailable() ?? "PostgreSQL found"}`, () => {
  const { server, database, seen } = postgresScene({});
  const one = (name: string) => database({ applicationName: name, poolSize: 1, maxOverflow: 0 });
  const pidOf = async (db: Database) =>
    (await db.query<{ pid: number }>(sql`select pg_backend_pid() as pid`, run()))[0]?.pid;
  const busy = (name: string) => seen(name, "state <> 'idle'");

  test.each([
    [0, [[0, true]]],
    [3, [[3, true]]],
    [
      10,
      [
        [10, false],
        [0, true],
      ],
    ],
    [
      25,
      [
        [10, false],
        [10, false],
        [5, true],
      ],
    ],
  ])("%i rows by ten", async (rows, expected) => {
    const db = one("batches");
    const before = await pidOf(db);
    const taken: [number, boolean][] = [];
    const all: number[] = [];
    const take: TakeRows<Numbered> = async (batch, last) => {
      taken.push([batch.length, last]);
      all.push(...batch.map(({ n }) => n));
      return true;
    };
    await db.stream<Numbered>(upTo(rows), run(), 10, take);
    expect(taken).toEqual(expected);
    expect(all).toEqual(Array.from({ length: rows }, (_, index) => index + 1));
    expect(await busy("batches")).toBe(0);
    expect(await pidOf(db)).toBe(before);
  });

  test("rows are those of a query", async () => {
    const db = one("same");
    const statement = sql`select ${new Date(0)}::timestamptz as at, ${{ a: 1 }}::jsonb as j, 1.50::numeric as x, null as y`;
    const rows: unknown[] = [];
    await db.stream(statement, run(), 10, async (batch) => rows.push(...batch) > 0);
    expect(rows).toEqual(await db.query(statement, run()));
  });

  test("the next batch is not made before it is wanted", async () => {
    const db = one("pace");
    await server().query("create sequence if not exists made");
    let taken = 0;
    const streaming = db.stream(sql`select nextval('made') from generate_series(1, 1000)`, run(), 10, async () => {
      taken += 1;
      return taken < 3;
    });
    // A sequence moves on even though nothing else may be written.
    await expect(streaming).rejects.toMatchObject({ vendorCode: "25006" });
    const slow = db.stream(sql`select n, pg_sleep(0.01) from generate_series(1, 1000) n`, run(), 10, async () => {
      taken += 1;
      return taken < 3;
    });
    expect(await tookMs(slow)).toBeLessThan(1_500);
    expect(taken).toBe(3);
    expect(await busy("pace")).toBe(0);
  });

  test("who wants no more leaves the connection clean", async () => {
    const db = one("leaves");
    const before = await pidOf(db);
    await db.stream(upTo(1_000_000), run(), 10, async () => false);
    expect(await busy("leaves")).toBe(0);
    expect(await pidOf(db)).toBe(before);
  });

  test("who stops reading is waited for until the deadline and no longer", async () => {
    const db = one("stalls");
    const before = await pidOf(db);
    const stalled = db.stream(upTo(1_000), run({ deadlineMs: 300 }), 10, never);
    expect(await tookMs(stalled)).toBeLessThan(450);
    await expect(stalled).rejects.toMatchObject({ fault: "timeout" });
    expect(await busy("stalls")).toBe(0);
    expect(db.pool().checkedOut).toBe(0);
    expect(await pidOf(db)).toBe(before);
  });

  test("a reader that wakes up after its deadline asks nothing of a connection that is another's", async () => {
    const db = one("wakes");
    const woken = Promise.withResolvers<boolean>();
    const batches: number[] = [];
    const stalled = db.stream(upTo(1_000), run({ deadlineMs: 200 }), 10, (rows) => {
      batches.push(rows.length);
      return woken.promise;
    });
    await expect(stalled).rejects.toMatchObject({ fault: "timeout" });
    const next = db.query(sql`select pg_sleep(0.2), 1 as v`, run());
    woken.resolve(true);
    expect(await next).toMatchObject([{ v: 1 }]);
    expect(batches).toEqual([10]);
  });

  test("an abort in the midst of a batch stops the server within a second", async () => {
    const db = one("abort");
    const tab = new AbortController();
    const streaming = db.stream(
      sql`select n, pg_sleep(case when n > 20 then 9 else 0 end) from generate_series(1, 1000) n`,
      run({ signal: tab.signal }),
      10,
      async () => true,
    );
    await eventually(
      "it is at work",
      async () => (await seen("abort", "state = 'active' and query like 'fetch%'")) > 0,
    );
    const took = tookMs(streaming);
    tab.abort(new Error("closed"));
    expect(await took).toBeLessThan(1_000);
    await expect(streaming).rejects.toMatchObject({ fault: "cancelled" });
    expect(await busy("abort")).toBe(0);
  });

  test("a server that is killed in the midst of it is an error, not an end", async () => {
    const db = one("killed");
    let batches = 0;
    const streaming = db.stream(upTo(1_000), run(), 10, async () => {
      batches += 1;
      if (batches === 3) await server().kill();
      return true;
    });
    await expect(streaming).rejects.toMatchObject({ fault: "connection" });
    expect(batches).toBe(3);
    await server().start();
  });

  test("a client that is frozen with a stream open loses it, by the server alone", async () => {
    const lib = (file: string) => JSON.stringify(new URL(`../../lib/${file}`, import.meta.url).href);
    const script = `
      import { postgres } from ${lib("database/postgres/postgres.ts")};
      import { sql } from ${lib("database/sql.ts")};
      import { systemRuntime } from ${lib("runtime.ts")};
      const runtime = systemRuntime();
      const db = postgres(${JSON.stringify(server().url)}, { graceMs: 200 }).open(${JSON.stringify({ ...SETTINGS, applicationName: "iced" })}, runtime);
      const now = runtime.monotonicMs();
      const terms = { lane: "request", deadlineMs: 500, connectBy: now + 9000, startBy: now + 9000, signal: new AbortController().signal };
      db.stream(sql\`select n from generate_series(1, 1000) n\`, terms, 10, () => {
        process.kill(process.pid, "SIGSTOP");
        return new Promise(() => {});
      }).catch(() => process.exit(0));`;
    const child = execFile(process.execPath, ["--input-type=module-typescript", "-e", script]);
    try {
      await eventually(
        "it holds a transaction",
        async () => (await seen("iced", "state = 'idle in transaction'")) === 1,
      );
      await eventually("the server ends it", async () => (await seen("iced")) === 0, 3_000);
    } finally {
      if (child.pid !== undefined) signalTo(child.pid, "SIGKILL");
    }
  });

  test("a million rows take the memory of a batch", async () => {
    const script = fileURLToPath(new URL("../bench/stream-memory.ts", import.meta.url));
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--conditions=tidegate-source", "--expose-gc", script, server().url],
      { timeout: 60_000 },
    );
    const { rows, heapGrowthMb, rssGrowthMb } = JSON.parse(stdout) as Record<string, number>;
    expect(rows).toBe(1_000_000);
    // All of it would be more than 200 MB.
    expect(heapGrowthMb).toBeLessThan(16);
    // Garbage of the young generation, which does not grow with the rows; 110 MB were measured.
    expect(rssGrowthMb).toBeLessThan(200);
  });
});
