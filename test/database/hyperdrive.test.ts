/** Hyperdrive on real workerd, before a real PostgreSQL. The platform's pool is played by a PgBouncer, or by its words. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { hyperdrive } from "../../lib/database/postgres/hyperdrive.ts";
import { emptyHyperdrive } from "../support/empty-hyperdrive.ts";
import type { Asked, Became } from "../support/hyperdrive-worker.ts";
import { type PgBouncer, startPgBouncer } from "../support/pgbouncer.ts";
import { poolerUnavailable } from "../support/pooler-scene.ts";
import { type PostgresServer, startPostgres } from "../support/postgres.ts";
import { eventually } from "../support/processes.ts";
import { proxyTo, type TcpServer } from "../support/tcp.ts";
import { startWorkerd, type Workerd, workerdUnavailable } from "../support/workerd.ts";

const unavailable = poolerUnavailable() ?? workerdUnavailable();

describe.skipIf(unavailable !== undefined)(`Hyperdrive: ${unavailable ?? "workerd found"}`, () => {
  let server: PostgresServer;
  let bouncer: PgBouncer;
  let counter: TcpServer;
  let empty: TcpServer;
  let workerd: Workerd;

  beforeAll(async () => {
    server = await startPostgres();
    bouncer = await startPgBouncer(server, { default_pool_size: "2", query_wait_timeout: "3" });
    counter = await proxyTo(bouncer.port);
    empty = await emptyHyperdrive();
    const by = ({ port }: TcpServer) => bouncer.url.replace(String(bouncer.port), String(port));
    workerd = await startWorkerd({
      entry: "hyperdrive-worker.ts",
      hyperdrives: { DB: by(counter), EMPTY: by(empty) },
    });
  }, 60_000);
  beforeEach(async () => {
    await server.query("drop table if exists notes; create table notes (n int)");
  });
  afterAll(async () => {
    await workerd?.dispose();
    await counter?.close();
    await empty?.close();
    await bouncer?.dispose();
    await server?.dispose();
  });

  const ask = async (asked: Asked): Promise<Became[]> => {
    const answer = await fetch(new URL("statements", workerd.url), { method: "POST", body: JSON.stringify(asked) });
    return (await answer.json()) as Became[];
  };
  const call = async (path: string, method = "GET") => {
    const answer = await fetch(new URL(path, workerd.url), { method });
    return { status: answer.status, body: (await answer.json()) as { v?: number; error?: { code: string } } };
  };
  const running = async () =>
    (await server.query("select 1 from pg_stat_activity where application_name = 'worker' and state <> 'idle'")).length;
  /** Connections that `task` took, all of which are closed again. */
  const taken = async (task: () => Promise<unknown>): Promise<number> => {
    const before = counter.accepted();
    await task();
    await eventually("all are closed", () => counter.connected() === 0);
    return counter.accepted() - before;
  };

  describe("a statement", () => {
    test("has its deadline at the server", async () => {
      const [became] = await ask({ deadlineMs: 4_321 });
      expect(became).toMatchObject({ timeoutMs: expect.any(Number) });
      expect((became as { timeoutMs: number }).timeoutMs).toBeLessThanOrEqual(4_321);
      expect((became as { timeoutMs: number }).timeoutMs).toBeGreaterThan(3_000);
    });

    test("has a connection that its request uses again, and that is closed with it", async () => {
      expect(await taken(() => ask({ turns: 3 }))).toBe(1);
      expect(await taken(() => Promise.all([ask({ turns: 2 }), ask({ turns: 2 })]))).toBe(2);
    });

    test("has one of four that a request may have at once", async () => {
      let became: Became[] = [];
      expect(await taken(async () => (became = await ask({ together: 9 })))).toBe(4);
      expect(became.filter((each) => "pid" in each)).toHaveLength(9);
    });

    test("has one to itself where nobody says which request it is of", async () => {
      expect(await taken(() => ask({ turns: 3, perCall: true }))).toBe(3);
    });

    test("ends at its deadline, at the server as well", async () => {
      const became = await ask({ sleepSeconds: 9, deadlineMs: 300 });
      // The server's own timeout may be the first to answer.
      expect([[{ fault: "timeout" }], [{ fault: "timeout", vendor: "57014" }]]).toContainEqual(became);
      expect(await running()).toBe(0);
    });

    test("is cancelled at the server when its caller gives up", async () => {
      expect(await ask({ sleepSeconds: 9, abortAfterMs: 300 })).toEqual([{ fault: "cancelled" }]);
      expect(await running()).toBe(0);
    });

    test("is cancelled also when its request has been answered by then", async () => {
      await ask({ sleepSeconds: 9, abortAfterMs: 2_000, leaveAfterMs: 100 });
      await eventually("it runs", async () => (await running()) === 1, 1_900);
      await eventually("it ends", async () => (await running()) === 0, 5_000);
      expect(await bouncer.query("select 1 as v")).toEqual([{ v: 1 }]);
    });
  });

  describe("a pool that is empty", () => {
    test("is waited for until connectBy", async () => {
      const holders = ask({ together: 2, sleepSeconds: 1 });
      await eventually("it is empty", async () => (await running()) === 2);
      expect(await ask({ connectWithinMs: 500 })).toEqual([{ fault: "exhausted" }]);
      expect(await holders).toHaveLength(2);
    });

    test("is exhaustion where the pool loses patience first", async () => {
      const holders = ask({ together: 2, sleepSeconds: 5 });
      await eventually("it is empty", async () => (await running()) === 2);
      expect(await ask({})).toEqual([{ fault: "exhausted", vendor: "08P01" }]);
      await holders;
    });

    test("is exhaustion in Hyperdrive's words", async () => {
      expect(await ask({ empty: true })).toEqual([{ fault: "exhausted", vendor: "58000" }]);
    });
  });

  describe("an application", () => {
    test("has guarded statements in requests and outside of them, transactions and streams", async () => {
      expect(await call("sleep/0")).toMatchObject({ status: 200, body: { v: 7 } });
      expect(await call("outside")).toMatchObject({ status: 200, body: { v: 5 } });
      expect(await call("notes/12", "POST")).toMatchObject({ status: 200, body: { n: 12 } });
      expect(await call("notes/13", "POST")).toMatchObject({ status: 500 });
      expect(await server.query("select n from notes")).toEqual([{ n: 12 }]);
      const lines = await (await fetch(new URL("numbers/2000", workerd.url))).text();
      expect(lines.trim().split("\n").map(Number)).toEqual(Array.from({ length: 2_000 }, (_, index) => index + 1));
      expect(await call("health")).toMatchObject({ status: 200, body: { status: "healthy" } });
    });

    test("answers in time and as the contract says: too slow, too many, not there", async () => {
      expect(await call("sleep/9")).toMatchObject({ status: 504, body: { error: { code: "DB_QUERY_TIMEOUT" } } });
      const crowd = await Promise.all(Array.from({ length: 10 }, () => call("sleep/3")));
      expect(crowd.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(2);
      const refused = crowd.filter(({ status }) => status !== 200);
      expect(refused.length).toBeGreaterThan(0);
      for (const each of refused) {
        expect(each).toMatchObject({ status: 503, body: { error: { code: "DB_POOL_EXHAUSTED" } } });
      }
      await bouncer.kill();
      expect(await call("sleep/0")).toMatchObject({ status: 503, body: { error: { code: "DB_CONNECTION_FAILED" } } });
      await bouncer.start();
      expect(await call("sleep/0")).toMatchObject({ status: 200 });
    });
  });
});

test("a binding that is not there is said to be missing, and where to add it", () => {
  expect(() => hyperdrive(undefined)).toThrow("it was nothing; add one to [[hyperdrive]] in wrangler.toml");
});
