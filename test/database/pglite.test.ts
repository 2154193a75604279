/** What is particular to the embedded database: its thread, its preparation, and how honest it is about itself. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startEngine } from "../../lib/database/pglite/engine.ts";
import { type PgliteOptions, pglite } from "../../lib/database/pglite/pglite.ts";
import type { Database } from "../../lib/database/port.ts";
import { sql } from "../../lib/database/sql.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import { type Conditions, execution, SETTINGS } from "../support/execution.ts";

const runtime = systemRuntime();
const run = (conditions: Conditions = {}) =>
  execution(runtime, { connectWithinMs: 30_000, startWithinMs: 60_000, ...conditions });
const LOTS = "create table lots (id int); insert into lots values (1), (2)";
const COUNT = sql`select count(*) as n from lots`;

describe("the embedded database", () => {
  const open: Database[] = [];
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tidegate-pglite-"));
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((each) => each.close()));
    rmSync(folder, { recursive: true, force: true });
  });
  function database(url?: string, options?: PgliteOptions): Database {
    const opened = pglite(url, options).open(SETTINGS, runtime);
    open.push(opened);
    return opened;
  }

  test("opening starts nothing; the main thread stays live while it starts; closing ends it", async () => {
    const db = database();
    expect(db.pool()).toEqual({ size: 1, checkedOut: 0, checkedIn: 0, overflow: 0, maxCapacity: 1, waiting: 0 });
    let longestGapMs = 0;
    let last = performance.now();
    const ticking = setInterval(() => {
      longestGapMs = Math.max(longestGapMs, performance.now() - last);
      last = performance.now();
    }, 5);
    await db.query(sql`select 1`, run());
    clearInterval(ticking);
    // PGlite's own start takes one and a half seconds of its thread.
    expect(longestGapMs).toBeLessThan(500);
    expect(db.pool()).toMatchObject({ checkedIn: 1 });
    await db.close();
    expect(db.pool()).toMatchObject({ checkedIn: 0 });
    await expect(db.query(sql`select 1`, run())).rejects.toMatchObject({ fault: "cancelled" });
  });

  test("is prepared from texts and files before the first statement, and again when memory was lost", async () => {
    const file = join(folder, "seed.sql");
    writeFileSync(file, "insert into lots values (3);");
    const db = database("pglite:", { initialise: [LOTS, pathToFileURL(file)] });
    const [first, second] = await Promise.all([db.query(COUNT, run()), db.query(COUNT, run())]);
    expect([first, second]).toEqual([[{ n: 3 }], [{ n: 3 }]]);
    await db.query(sql`insert into lots values (4)`, run());
    await expect(db.query(sql`select pg_sleep(60)`, run({ deadlineMs: 100 }))).rejects.toMatchObject({
      fault: "timeout",
    });
    expect(await db.query(COUNT, run())).toEqual([{ n: 3 }]);
  });

  test("a directory is prepared once and survives closing and a forced end", async () => {
    const url = `pglite:${join(folder, "db")}`;
    const db = database(url, { initialise: [LOTS] });
    expect(db.address).toBe(url);
    await db.query(sql`insert into lots values (3)`, run());
    await expect(db.query(sql`select pg_sleep(60)`, run({ deadlineMs: 100 }))).rejects.toMatchObject({
      fault: "timeout",
    });
    expect(await db.query(COUNT, run())).toEqual([{ n: 3 }]);
    await db.close();
    expect(await database(url, { initialise: [LOTS] }).query(COUNT, run())).toEqual([{ n: 3 }]);
  });

  test("a preparation that fails is a connection error each time, and leaves nothing half done", async () => {
    const url = `pglite:${join(folder, "db")}`;
    const broken = database(url, { initialise: [LOTS, "selec 1"] });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const error = await broken.query(COUNT, run()).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ fault: "connection", message: "The embedded database could not be started." });
    }
    await broken.close();
    expect(await database(url, { initialise: [LOTS] }).query(COUNT, run())).toEqual([{ n: 2 }]);
  });

  test("a caller waits for the start no longer than its connectBy, and is told of it; the start goes on", async () => {
    const db = database();
    const hurried = [1, 2, 3].map(() => db.query(sql`select 1`, run({ connectWithinMs: 20 })));
    const told = (await Promise.allSettled(hurried)).map((each) => (each.status === "rejected" ? each.reason : each));
    const starting = { fault: "exhausted", message: "The embedded database is still starting." };
    expect(told).toMatchObject([starting, starting, starting]);
    await db.query(sql`select 1`, run());
    const busy = db.query(sql`select pg_sleep(0.3)`, run());
    const late = db.query(sql`select 1`, run({ connectWithinMs: 20 }));
    await expect(late).rejects.toMatchObject({ message: "No database connection became free within the wait." });
    await busy;
  });

  test.each([
    "select set_config('search_path', 'theirs', false)",
    "select pg_advisory_lock(7)",
    "create temp table lots (id int)",
  ])("%s is undone before the next statement, and at the end of a transaction", async (text) => {
    const db = database();
    const worded = sql(Object.assign([text], { raw: [text] }) as never);
    const left = async () => {
      const [row] = await db.query(
        sql`select current_setting('search_path') as path, to_regclass('lots') as lots,
          (select count(*) from pg_locks where locktype = 'advisory') as locks`,
        run(),
      );
      return row;
    };
    const clean = await left();
    await db.query(worded, run());
    expect(await left()).toEqual(clean);
    await db.transaction(run(), {}, (tx) => tx.query(worded));
    expect(await left()).toEqual(clean);
  });

  test("what a closed database was doing is cancelled, without a code of ours for one of a vendor", async () => {
    const db = database();
    await db.query(sql`select 1`, run());
    const doing = db.query(sql`select count(*) from generate_series(1, 1e8)`, run()).catch((error: unknown) => error);
    await db.close();
    expect(await doing).toMatchObject({ fault: "cancelled", vendorCode: undefined });
  });

  test("a ping proves progress or fails: it overtakes the line, never the running statement", async () => {
    const db = database();
    await db.query(sql`select 1`, run());
    const order: string[] = [];
    const log = (name: string) => () => order.push(name);
    const first = db.query(sql`select pg_sleep(0.3)`, run()).then(log("running"));
    const second = db.query(sql`select 1`, run()).then(log("waiting"));
    const hurried = db.ping(run({ lane: "health", connectWithinMs: 50 }));
    const patient = db.ping(run({ lane: "health" })).then(log("ping"));
    await expect(hurried).rejects.toMatchObject({ fault: "exhausted" });
    await Promise.all([first, second, patient]);
    expect(order).toEqual(["running", "ping", "waiting"]);
  });

  test("a thread that dies fails what it was doing and everything after, at once", async () => {
    const engine = startEngine({ directory: undefined, initialise: [] });
    await engine.ready;
    const dying = engine.run("select pg_sleep(60)", []);
    void engine.kill();
    await expect(dying).rejects.toMatchObject({ fault: "connection" });
    expect(engine.alive()).toBe(false);
    await expect(engine.run("select 1", [])).rejects.toMatchObject({ fault: "connection" });
  });

  test("closing ends a transaction at rest, and does not wait for its deadline", async () => {
    const db = database();
    const begun = Promise.withResolvers<void>();
    const resting = db.transaction(run({ deadlineMs: 20_000 }), {}, async () => {
      begun.resolve();
      await new Promise(() => {});
    });
    resting.catch(() => {});
    await begun.promise;
    const startedAt = performance.now();
    await db.close(50);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    await expect(resting).rejects.toMatchObject({ fault: "cancelled" });
  });

  test("closing ends a running statement", async () => {
    const db = database();
    await db.query(sql`select 1`, run());
    const running = db.query(sql`select pg_sleep(60)`, run({ deadlineMs: 60_000 }));
    running.catch(() => {});
    await db.close(50);
    await expect(running).rejects.toMatchObject({ fault: "cancelled" });
  });

  test.each([
    ["does not keep a process alive that has nothing else to do", ""],
    ["ends cleanly where a process waits for nothing but that", "await db.close(); console.log('closed');"],
  ])("%s", async (_, last) => {
    const script = `
      import { pglite } from ${JSON.stringify(new URL("../../lib/database/pglite/pglite.ts", import.meta.url).href)};
      import { sql } from ${JSON.stringify(new URL("../../lib/database/sql.ts", import.meta.url).href)};
      import { systemRuntime } from ${JSON.stringify(new URL("../../lib/runtime.ts", import.meta.url).href)};
      const runtime = systemRuntime();
      const db = pglite().open(${JSON.stringify(SETTINGS)}, runtime);
      const now = runtime.monotonicMs();
      const conditions = { lane: "request", deadlineMs: 9000, connectBy: now + 60000, startBy: now + 60000, signal: new AbortController().signal };
      console.log(JSON.stringify(await db.query(sql\`select 1 as v\`, conditions)));
      ${last}`;
    const path = join(folder, "script.mts");
    writeFileSync(path, script);
    const { stdout } = await promisify(execFile)(process.execPath, [path], { timeout: 80_000 });
    expect(stdout.trim().split("\n")).toEqual(['[{"v":1}]', ...(last ? ["closed"] : [])]);
  });

  test("only its own URLs are taken", () => {
    expect(() => pglite("postgres://u:secret@h/db")).toThrow(/"pglite:" or "pglite:DIR" is needed/);
    expect(() => pglite("postgres://u:secret@h/db")).not.toThrow(/secret/);
  });
});
