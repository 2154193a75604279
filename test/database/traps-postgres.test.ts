/**
 * The traps of postgres.js: each is first walked into by the driver as it comes, so that it is known to be there, and then
 * by way of ours. Where the first half of one fails, the driver has mended it, and what avoids it may be taken out.
 */
import postgresJs from "postgres";
import { afterEach, describe, expect, test } from "vitest";
import type { Database } from "../../lib/database/port.ts";
import { sql } from "../../lib/database/sql.ts";
import { type Conditions, execution } from "../support/execution.ts";
import { postgresUnavailable } from "../support/postgres.ts";
import { postgresScene, runtime, tookMs } from "../support/postgres-scene.ts";
import { eventually } from "../support/processes.ts";
import { proxyKeeping, silentServer, slammingServer } from "../support/tcp.ts";

const run = (conditions: Conditions = {}) => execution(runtime, conditions);
const pause = (ms: number) => new Promise<"pending">((resolve) => setTimeout(resolve, ms, "pending"));
/** What a promise has come to after `ms`. */
const after = (ms: number, promise: Promise<unknown>) => Promise.race([promise.catch((error) => error), pause(ms)]);

describe.skipIf(postgresUnavailable() !== undefined)(
  `traps of postgres.js: ${postgresUnavailable() ?? "PostgreSQL found"}`,
  () => {
    const { server, database, behind, seen } = postgresScene({});
    const clients: postgresJs.Sql[] = [];
    afterEach(async () => {
      await Promise.all(clients.splice(0).map((each) => each.end({ timeout: 0 })));
    });

    /** The driver as it comes, but for one connection. */
    function naive(url: string, name = "naive", options: postgresJs.Options<never> = {}): postgresJs.Sql {
      const connection = { application_name: name };
      const client = postgresJs(url, {
        max: 1,
        fetch_types: false,
        connection,
        ...options,
      } as postgresJs.Options<never>);
      clients.push(client as postgresJs.Sql);
      return client as postgresJs.Sql;
    }
    const ours = (name: string, url = server().url): Database =>
      database({ applicationName: name, poolSize: 1, maxOverflow: 0, connectTimeoutMs: 2_000 }, {}, url);
    const runs = (name: string, text: string) =>
      eventually(`${text} runs`, async () => (await seen(name, `state = 'active' and query like '%${text}%'`)) === 1);

    describe("1: a cancel behind others in the pipeline gives rows to the wrong caller", () => {
      test("naive", async () => {
        const client = naive(server().url);
        await client`select 1`;
        const first = client`select pg_sleep(1.5) as slept, 1 as v`.execute();
        const second = client`select 2 as v`.execute();
        const third = client`select 3 as v`.execute();
        await runs("naive", "as slept");
        second.cancel();
        await first.catch(() => {});
        expect([...((await third) as Iterable<unknown>)]).toEqual([{ v: 2 }]);
        expect(await after(200, second)).toBe("pending");
        second.catch(() => {});
      });

      test("ours", async () => {
        const db = ours("ours");
        const controller = new AbortController();
        const first = db.query(sql`select pg_sleep(1.5) as slept, 1 as v`, run());
        const second = db.query(sql`select 2 as v`, run({ signal: controller.signal }));
        const third = db.query(sql`select 3 as v`, run());
        second.catch(() => {});
        await runs("ours", "as slept");
        controller.abort();
        await expect(second).rejects.toMatchObject({ fault: "cancelled" });
        expect(await first).toMatchObject([{ v: 1 }]);
        expect(await third).toEqual([{ v: 3 }]);
      });
    });

    describe("2: a cancel while connecting strands the connection's place", () => {
      test("naive", async () => {
        const client = naive(server().url);
        const cancelled = client`select 1`.execute();
        cancelled.catch(() => {});
        cancelled.cancel();
        const next = client`select 2 as v`;
        next.catch(() => {});
        expect(await after(500, next)).toBe("pending");
      });

      test("ours", async () => {
        const db = ours("ours");
        const controller = new AbortController();
        const cancelled = db.query(sql`select 1`, run({ signal: controller.signal }));
        controller.abort();
        await expect(cancelled).rejects.toMatchObject({ fault: "cancelled" });
        expect(await db.query(sql`select 2 as v`, run())).toEqual([{ v: 2 }]);
      });
    });

    describe("3: a server that accepts and hangs up is dialled again and again, and the query never settles", () => {
      test("naive", async () => {
        const { url, tcp } = await behind(slammingServer());
        const asked = naive(url, "naive", { connect_timeout: 0.1 })`select 1`.execute();
        await eventually("it is dialled ten times", () => tcp.accepted() > 10);
        expect(await after(200, asked)).toBe("pending");
        asked.catch(() => {});
      });

      test("ours", async () => {
        const { url, tcp } = await behind(slammingServer());
        await expect(ours("ours", url).query(sql`select 1`, run())).rejects.toMatchObject({ fault: "connection" });
        await pause(200);
        expect(tcp.accepted()).toBeLessThanOrEqual(3);
      });
    });

    describe("4: a cancel that is late kills the next statement", () => {
      /** The first is the connection, the second the cancel. */
      async function lateCancel() {
        const { tcp, kept, letGo } = await proxyKeeping(2, server().port);
        const { url } = await behind(Promise.resolve(tcp));
        return { url, letGo, underWay: () => eventually("the cancel is on its way", kept) };
      }

      test("naive", async () => {
        const { url, letGo, underWay } = await lateCancel();
        const client = naive(url);
        const first = client`select pg_sleep(1.5) as first`.execute();
        await runs("naive", "as first");
        first.cancel();
        await underWay();
        await first.catch(() => {});
        const next = client`select pg_sleep(9) as next`.execute();
        next.catch(() => {});
        await runs("naive", "as next");
        letGo();
        await expect(next).rejects.toMatchObject({ code: "57014" });
      });

      test("ours", async () => {
        const { url, letGo, underWay } = await lateCancel();
        // With time to spare for the cancel, or the connection would be destroyed first.
        const db = database({ applicationName: "ours", poolSize: 1, maxOverflow: 0 }, { graceMs: 5_000 }, url);
        const controller = new AbortController();
        const first = db.query(sql`select pg_sleep(1.5) as first`, run({ signal: controller.signal }));
        await runs("ours", "as first");
        controller.abort();
        await underWay();
        await first.catch(() => {});
        const next = db.query(sql`select pg_sleep(1.5) as next, 7 as v`, run());
        await runs("ours", "as next");
        letGo();
        expect(await next).toMatchObject([{ v: 7 }]);
      });
    });

    describe("5: the driver's own line has no end and no time", () => {
      test("naive", async () => {
        const client = naive(server().url);
        const running = client`select pg_sleep(2)`.execute();
        await runs("naive", "pg_sleep");
        const waiting = Array.from({ length: 50 }, () => client`select 1`.execute());
        expect(await after(300, Promise.race(waiting))).toBe("pending");
        await Promise.all([running, ...waiting]);
      });

      test("ours", async () => {
        const db = ours("ours");
        const running = db.query(sql`select pg_sleep(2)`, run());
        await runs("ours", "pg_sleep");
        const waiting = Array.from({ length: 50 }, () => db.query(sql`select 1`, run({ connectWithinMs: 100 })));
        expect(db.pool().waiting).toBe(50);
        const ended = await Promise.all(waiting.map((each) => each.catch((error: unknown) => error)));
        for (const error of ended) expect(error).toMatchObject({ fault: "exhausted" });
        expect(db.pool().waiting).toBe(0);
        await running;
      });
    });

    describe("6: at a silent server those who wait fail one connect timeout after the other", () => {
      const CONNECT_MS = 600;
      const ONE_AFTER_THE_OTHER_MS = 3 * CONNECT_MS - 50;

      test("naive", async () => {
        const { url } = await behind(silentServer());
        const client = naive(url, "naive", { connect_timeout: CONNECT_MS / 1_000 });
        const asked = Array.from({ length: 3 }, () => client`select 1`.execute());
        const last = Math.max(...(await Promise.all(asked.map((each) => tookMs(each)))));
        expect(last).toBeGreaterThanOrEqual(ONE_AFTER_THE_OTHER_MS);
      });

      test("ours", async () => {
        const { url } = await behind(silentServer());
        const db = database({ poolSize: 1, maxOverflow: 0, connectTimeoutMs: CONNECT_MS }, {}, url);
        const asked = Array.from({ length: 3 }, () => db.query(sql`select 1`, run({ connectWithinMs: CONNECT_MS })));
        const last = Math.max(...(await Promise.all(asked.map((each) => tookMs(each)))));
        expect(last).toBeLessThan(ONE_AFTER_THE_OTHER_MS);
      });
    });

    describe("a session that was terminated: the next statement hears of it", () => {
      const terminate = (name: string) =>
        server().query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = '${name}'`);

      test("naive", async () => {
        const client = naive(server().url);
        const victim = client`select pg_sleep(9)`.execute();
        victim.catch(() => {});
        await runs("naive", "pg_sleep");
        await terminate("naive");
        await expect(victim).rejects.toMatchObject({ code: "CONNECTION_CLOSED" });
        await expect(client`select 1`).rejects.toMatchObject({ code: "57P01" });
      });

      test("ours", async () => {
        const db = ours("ours");
        const victim = db.query(sql`select pg_sleep(9)`, run());
        victim.catch(() => {});
        await runs("ours", "pg_sleep");
        await terminate("ours");
        await expect(victim).rejects.toMatchObject({ fault: "connection" });
        expect(await db.query(sql`select 1 as v`, run())).toEqual([{ v: 1 }]);
      });
    });
  },
);
