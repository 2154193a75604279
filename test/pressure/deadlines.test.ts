/**
 * A deadline that holds in every trouble: whatever the server or the network does to a statement, a transaction or a
 * stream, its caller is answered in time, its permit stands for it until it has really ended, and nothing stays lost.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Statement, sql } from "../../lib/database/sql.ts";
import type { GuardedDatabase } from "../../lib/guard/database/guarded-database.ts";
import { type BadProxy, badProxy } from "../support/bad-proxy.ts";
import { postgresUnavailable } from "../support/postgres.ts";
import { eventually } from "../support/processes.ts";
import { silentServer, slammingServer, type TcpServer } from "../support/tcp.ts";
import { atOnce, type Instance, pressureScene, type Scene } from "./scene.ts";

const CAPACITY = 2;
const WAIT_MS = 1_000;
const CONNECT_MS = 1_000;
const CALL_MS = 1_500;
/** What a statement has to end after its deadline, before its connection is destroyed. */
const GRACE_MS = 1_000;
/** Until what is over here is seen to be over by server and proxy: far less than the grace. */
const SEEN_MS = 250;
/** What a busy machine may add. */
const SLACK_MS = 1_000;
const ENV = {
  ...{ DB_POOL_SIZE: `${CAPACITY}`, DB_MAX_OVERFLOW: "0", DB_POOL_TIMEOUT: `${WAIT_MS / 1_000}` },
  ...{ DB_CALL_TIMEOUT_MS: `${CALL_MS}`, DB_TCP_CONNECT_TIMEOUT: `${CONNECT_MS / 1_000}` },
  // Every call is to reach the trouble.
  CIRCUIT_BREAKER_ENABLED: "false",
};

const FOREVER = sql`select pg_sleep(60)`;
const LOCKED = sql`select n from locked`;
type Work = (db: GuardedDatabase, statement: Statement) => Promise<unknown>;

const WORKS: Readonly<Record<string, Work>> = {
  "a statement": (db, statement) => db.query(statement),
  "a transaction": (db, statement) =>
    db.transaction(async (tx) => {
      await tx.query`insert into notes values (1)`;
      await tx.query(statement);
    }),
  "a stream": async (db, statement) => {
    for await (const _ of db.stream(statement));
  },
};

interface Place {
  readonly scene: Scene;
  readonly instance: Instance;
  readonly proxy: BadProxy;
  /** Statements of the instance that the server is at. */
  readonly running: () => Promise<number>;
}

interface Trouble {
  readonly what: string;
  readonly code: string;
  /** By when the caller has its answer. */
  readonly withinMs: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly statement?: Statement;
  /** `running`: comes when the work is at the server; else it is there before the work. */
  readonly comes: "before" | "running";
  /** The server answers nobody. */
  readonly deaf?: true;
  /** Returns what ends it. */
  readonly begin: (place: Place) => Promise<() => unknown>;
}

const leadTo = async ({ proxy, scene }: Place, start: () => Promise<TcpServer>) => {
  const other = await start();
  proxy.leadTo(other.port);
  return async () => {
    proxy.leadTo(scene.server.port);
    await other.close();
  };
};

const TROUBLES: readonly Trouble[] = [
  {
    ...{ what: "a server that hangs", code: "DB_QUERY_TIMEOUT", withinMs: CALL_MS, comes: "running", deaf: true },
    begin: async ({ scene }) => {
      scene.server.pause();
      return () => scene.server.resume();
    },
  },
  {
    ...{ what: "packets that are dropped", code: "DB_QUERY_TIMEOUT", withinMs: CALL_MS, comes: "running" },
    begin: async ({ proxy }) => {
      proxy.swallow();
      return () => proxy.pass();
    },
  },
  {
    ...{ what: "a lock that another holds", code: "DB_QUERY_TIMEOUT", withinMs: CALL_MS, comes: "before" },
    statement: LOCKED,
    begin: async ({ scene }) => {
      const lock = scene.server.query("begin; lock table locked; select pg_sleep(60)").catch(() => {});
      const holder = "usename = 'tidegate' and query like '%lock table locked%'";
      await eventually("the lock is held", async () => (await scene.seen(`${holder} and state = 'active'`)) === 1);
      return async () => {
        await scene.server.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and ${holder}`,
        );
        await lock;
      };
    },
  },
  {
    ...{ what: "a door that opens and slams", code: "DB_CONNECTION_FAILED", withinMs: CONNECT_MS, comes: "before" },
    begin: (place) => leadTo(place, slammingServer),
  },
  {
    ...{ what: "a server that lets nobody in", code: "DB_CONNECTION_FAILED", withinMs: CONNECT_MS, comes: "before" },
    begin: (place) => leadTo(place, silentServer),
  },
  {
    ...{ what: "a line for a permit", code: "DB_POOL_EXHAUSTED", withinMs: WAIT_MS, comes: "before" },
    env: { DB_CALL_TIMEOUT_MS: "30000" },
    begin: async ({ instance, running }) => {
      const leaving = new AbortController();
      const holders = Array.from({ length: CAPACITY }, () => instance.get("/sleep?ms=60000", leaving.signal));
      await eventually("nothing is free", async () => (await running()) === CAPACITY);
      return async () => {
        leaving.abort();
        await Promise.all(holders);
      };
    },
  },
];

const cases = TROUBLES.flatMap((trouble) =>
  Object.entries(WORKS).map(([work, begin]) => ({ ...trouble, work, start: begin })),
);

describe.skipIf(postgresUnavailable() !== undefined)(
  `a deadline that holds in every trouble: ${postgresUnavailable() ?? "PostgreSQL found"}`,
  () => {
    let scene: Scene;
    beforeAll(async () => {
      scene = await pressureScene();
      await scene.server.query("create role guest login; create table locked (n int); create table notes (n int)");
      await scene.server.query("grant select on locked to guest; grant insert on notes to guest");
    });
    afterAll(() => scene?.dispose());

    test.each(cases)("$what: $work", async ({ begin, comes, start, statement = FOREVER, ...expected }) => {
      const proxy = await badProxy(scene.server.port);
      const url = `postgres://guest@127.0.0.1:${proxy.port}/postgres`;
      const instance = await scene.instance({ ...ENV, ...expected.env }, { url, driver: { graceMs: GRACE_MS } });
      const running = () => scene.seen("usename = 'guest' and state = 'active'");
      const place = { scene, instance, proxy, running };

      let end = comes === "before" ? await begin(place) : async () => {};
      try {
        const before = (await instance.held()).permits;
        const startedAt = performance.now();
        const answered = start(instance.db, statement).then(
          () => "it ended well",
          (error: { code?: string; refusal?: { code: string } }) => error.refusal?.code ?? error.code,
        );
        if (comes === "running") {
          await eventually("it runs", async () => (await running()) === 1);
          end = await begin(place);
        }
        expect(await answered).toBe(expected.code);
        expect(performance.now() - startedAt).toBeLessThan(expected.withinMs + SLACK_MS);
        await eventually("its permit is free", async () => (await instance.held()).permits === before);
        expect(performance.now() - startedAt).toBeLessThan(expected.withinMs + GRACE_MS + SLACK_MS);
        // The connection of the work is the first. A deaf server cannot be asked what it is at.
        const isOver = async () => !proxy.connected(1) || (!expected.deaf && (await running()) === 0);
        if (expected.code === "DB_QUERY_TIMEOUT") await eventually("it is over", isOver, SEEN_MS);
      } finally {
        await end();
      }
      await eventually("the server has stopped it", async () => (await running()) === 0);
      expect(await atOnce(scene, instance, CAPACITY + 1)).toBe(CAPACITY);
      expect(await instance.held()).toMatchObject({ permits: 0, waiting: 0 });
      expect(await scene.server.query("select n from notes")).toEqual([]);
      await instance.stop();
      await proxy.close();
    });
  },
);
