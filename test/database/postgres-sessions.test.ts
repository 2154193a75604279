/** What is left in a session, what a session is told, and how it ends, at a real PostgreSQL. */

import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Statement, sql } from "../../lib/database/sql.ts";
import { type Certificate, selfSigned } from "../support/certificate.ts";
import { type Conditions, execution } from "../support/execution.ts";
import { poolerScene, poolerUnavailable } from "../support/pooler-scene.ts";
import { type PostgresServer, postgresUnavailable, startPostgres } from "../support/postgres.ts";
import { postgresScene, runtime, tookMs } from "../support/postgres-scene.ts";
import { eventually } from "../support/processes.ts";
import { serve } from "../support/tcp.ts";

const run = (conditions: Conditions = {}) => execution(runtime, conditions);
const worded = (text: string): Statement => sql(Object.assign([text], { raw: [text] }) as never);

const LEAVING = [
  "select set_config('search_path', 'theirs', false)",
  "select pg_advisory_lock(7)",
  "create temp table lots (id int)",
  "select 1 as id into temp lots",
];
const LEFT = sql`select current_setting('search_path') as path, to_regclass('lots')::text as lots,
  (select count(*) from pg_locks where locktype = 'advisory') as locks`;
const NOTHING = { path: '"$user", public', lots: null, locks: 0 };

/** Formats that nobody expects, as of a role whose owner likes them. */
const ODD =
  "drop role if exists odd; create role odd login superuser password 'tide-secret'; alter role odd set datestyle = 'SQL, DMY'; " +
  "alter role odd set bytea_output = 'escape'; alter role odd set extra_float_digits = -3";
const VALUES = sql`select timestamptz '2024-01-31 10:00:00+00' as moment, date '2024-01-31' as day,
  ${new Uint8Array([0, 255, 65])}::bytea as bytes, 0.1::float8 + 0.2::float8 as sum`;
const READ = {
  moment: new Date("2024-01-31T10:00:00Z"),
  day: new Date("2024-01-31T00:00:00Z"),
  bytes: new Uint8Array([0, 255, 65]),
  sum: 0.1 + 0.2,
};

describe.skipIf(postgresUnavailable() !== undefined)(
  `sessions of our own: ${postgresUnavailable() ?? "PostgreSQL found"}`,
  () => {
    const { server, database, behind } = postgresScene({});

    test.each(LEAVING)("%s is over with its statement or its transaction, for whoever comes next", async (text) => {
      const db = database({ poolSize: 1, maxOverflow: 0 });
      await db.query(worded(text), run());
      expect(await db.query(LEFT, run())).toEqual([NOTHING]);
      await db.transaction(run(), {}, (tx) => tx.query(worded(text)));
      expect(await db.query(LEFT, run())).toEqual([NOTHING]);
    });

    test("a lock is given up with the statement that failed after taking it", async () => {
      const db = database({ poolSize: 1, maxOverflow: 0 });
      await expect(db.query(sql`select pg_advisory_lock(7), 1 / 0`, run())).rejects.toMatchObject({
        vendorCode: "22012",
      });
      expect(await db.query(LEFT, run())).toEqual([NOTHING]);
    });

    test("values are read as they are, whatever formats a role has", async () => {
      await server().query(ODD);
      const db = database({}, {}, server().url.replace("tidegate:", "odd:"));
      expect(await db.query(VALUES, run())).toEqual([READ]);
      // The order of day and month in what it is told stays its own.
      expect(await db.query(sql`select ${"02/01/2024"}::date as day`, run())).toEqual([
        { day: new Date("2024-01-02") },
      ]);
    });

    test("what is sent on a connection between its error and its end is told of it, and does not wait", async () => {
      let client: import("node:net").Socket | undefined;
      const { port } = server();
      const { url } = await behind(
        serve((socket) => {
          client = socket;
          const there = connect(port, "127.0.0.1");
          socket.pipe(there).pipe(socket);
          socket.on("error", () => there.destroy());
          there.on("error", () => socket.destroy());
        }),
      );
      const db = database({ applicationName: "reset", poolSize: 1, maxOverflow: 0 }, {}, url);
      const transaction = db.transaction(run({ deadlineMs: 5_000 }), {}, async (tx) => {
        await tx.query(sql`select 1`);
        const sleeping = tx.query(sql`select pg_sleep(9)`).catch(() => {});
        await eventually(
          "it sleeps",
          async () =>
            (
              await server().query(
                "select 1 from pg_stat_activity where query like '%pg_sleep(9)%' and application_name = 'reset'",
              )
            ).length === 1,
        );
        client?.resetAndDestroy();
        await sleeping;
        await tx.query(sql`select 2`);
      });
      expect(await tookMs(transaction)).toBeLessThan(2_000);
      await expect(transaction).rejects.toMatchObject({ fault: "connection" });
    });
  },
);

describe.skipIf(postgresUnavailable() !== undefined)(
  `a server with TLS: ${postgresUnavailable() ?? "PostgreSQL found"}`,
  () => {
    let certificate: Certificate;
    let secure: PostgresServer;
    const { database } = postgresScene({});

    beforeAll(async () => {
      certificate = await selfSigned("tidegate.test");
      secure = await startPostgres({
        settings: { ssl: "on", ssl_cert_file: certificate.certFile, ssl_key_file: certificate.keyFile },
      });
    });
    afterAll(async () => {
      await secure?.dispose();
      certificate?.dispose();
    });

    test.each(["none", "transaction"] as const)(
      "hears of a caller who leaves, who is then free at once, and keeps the connection: pooler %s",
      async (pooler) => {
        // A grace in which nobody would wait for the end of it.
        const db = database(
          { poolSize: 1, maxOverflow: 0, pooler },
          { graceMs: 4_000 },
          `${secure.url}?sslmode=require`,
        );
        const pid = async () => (await db.query<{ pid: number }>(sql`select pg_backend_pid() as pid`, run()))[0]?.pid;
        const before = await pid();
        for (const ask of [
          (signal: AbortSignal) => db.query(sql`select pg_sleep(9)`, run({ signal })),
          (signal: AbortSignal) => db.transaction(run({ signal }), {}, (tx) => tx.query(sql`select pg_sleep(9)`)),
        ]) {
          const left = new AbortController();
          const asked = ask(left.signal);
          asked.catch(() => {});
          await eventually(
            "it sleeps",
            async () =>
              (
                await secure.query(
                  "select 1 from pg_stat_activity where query like '%pg_sleep(9)%' and pid <> pg_backend_pid()",
                )
              ).length === 1,
          );
          left.abort();
          expect(await tookMs(asked)).toBeLessThan(2_000);
          await expect(asked).rejects.toMatchObject({ fault: "cancelled" });
        }
        expect(await pid()).toBe(before);
      },
    );
  },
);

describe.skipIf(poolerUnavailable() !== undefined)(
  `sessions of a pooler: ${poolerUnavailable() ?? "PgBouncer found"}`,
  () => {
    const { server, bouncer, run: ask, pooled } = poolerScene({ default_pool_size: "1" });

    test.each(LEAVING)("%s is refused before it is sent, and leaves nothing to the next client", async (text) => {
      const db = pooled("leaving");
      const refused = { fault: "statement", message: /a session that others get.*pg_advisory_xact_lock/ };
      await expect(db.query(worded(text), ask())).rejects.toMatchObject(refused);
      await expect(db.transaction(ask(), {}, (tx) => tx.query(worded(text)))).rejects.toMatchObject(refused);
      expect(await db.query(LEFT, ask())).toEqual([NOTHING]);
      expect(db.pool().checkedIn).toBe(1);
    });

    test.each([
      ["schema=app&pgbouncer=true", { path: '"app"', memory: "4MB" }],
      ["search_path=app%2C%20public", { path: "app, public", memory: "4MB" }],
      ["options=-c%20search_path%3Dit%27s%20--work-mem%3D8MB", { path: "it's", memory: "8MB" }],
    ])("each transaction is told what the URL sets, and nobody else: %s", async (query, told) => {
      const db = pooled("told", {}, `${bouncer().url}?${query}`);
      const SET = sql`select current_setting('search_path') as path, current_setting('work_mem') as memory`;
      expect(await db.query(SET, ask())).toEqual([told]);
      expect(await db.transaction(ask(), {}, (tx) => tx.query(SET))).toEqual([told]);
      expect(await bouncer().query("select current_setting('search_path') as path")).toEqual([
        { path: '"$user", public' },
      ]);
    });

    test("values are read as they are, whatever formats a role has", async () => {
      await server().query(ODD);
      await server().query(
        "alter role tidegate set bytea_output = 'escape'; alter role tidegate set datestyle = 'German'",
      );
      await bouncer().tell("reconnect");
      const db = pooled("odd");
      await eventually(
        "the pooler has new sessions",
        async () => (await bouncer().query("show datestyle"))[0]?.DateStyle !== "ISO, MDY",
      );
      expect(await db.query(VALUES, ask())).toEqual([READ]);
      await server().query("alter role tidegate reset all");
      await bouncer().tell("reconnect");
    });

    test("what it does not take is told with the remedy", async () => {
      const error = await pooled("direct", { pooler: "none" })
        .query(sql`select 1`, ask())
        .catch((caught: { vendorError(): Error }) => caught);
      expect((error as { vendorError(): Error }).vendorError().message).toMatch(
        /^unsupported startup parameter: statement_timeout; .*set DB_POOLER=transaction$/,
      );
    });
  },
);
