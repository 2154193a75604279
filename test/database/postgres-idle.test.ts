/**
 * Connections that the server ended while this process did not look: it was frozen, or busy with something else, and what
 * the server said, and the end of the connection, lie unread in its sockets.
 */
import { connect, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import type { Database } from "../../lib/database/port.ts";
import { postgres } from "../../lib/database/postgres/postgres.ts";
import { sql } from "../../lib/database/sql.ts";
import { type Conditions, execution, SETTINGS } from "../support/execution.ts";
import { postgresUnavailable } from "../support/postgres.ts";
import { postgresScene, runtime, tookMs } from "../support/postgres-scene.ts";
import { endUnseen } from "../support/standing-still.ts";
import { proxyTo, serve } from "../support/tcp.ts";

const run = (conditions: Conditions = {}) => execution(runtime, conditions);

describe.skipIf(postgresUnavailable() !== undefined)(
  `connections that ended unseen: ${postgresUnavailable() ?? "PostgreSQL found"}`,
  () => {
    const { server, database, behind, seen } = postgresScene({});

    /** Three connections at rest. */
    async function rested(name: string): Promise<Database> {
      const db = database({ applicationName: name, poolSize: 3, maxOverflow: 0 });
      await Promise.all([1, 2, 3].map(() => db.query(sql`select pg_sleep(0.05)`, run())));
      expect(db.pool()).toMatchObject({ checkedIn: 3 });
      return db;
    }
    test.each([
      ["in a timer", () => new Promise((resolve) => setTimeout(resolve, 5))],
      ["while sockets are being read", (db: Database) => db.query(sql`select 1`, run())],
      ["at the end of a turn", () => new Promise((resolve) => setImmediate(resolve))],
    ])("the first statements after a freeze have fresh connections, frozen %s", async (when, begin) => {
      const name = `frozen ${when}`;
      const db = await rested(name);
      await begin(db);
      endUnseen(server().url, name);
      const answers = [1, 2, 3, 4].map((n) => db.query(sql`select ${n}::int as n`, run()));
      expect((await Promise.all(answers)).flat()).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }]);
      expect(await seen(name)).toBeLessThanOrEqual(3);
    });

    test("so has a transaction", async () => {
      const db = await rested("frozen-tx");
      endUnseen(server().url, "frozen-tx");
      expect(await db.transaction(run(), {}, (held) => held.query(sql`select 1 as v`))).toEqual([{ v: 1 }]);
    });

    test("so has a ping", async () => {
      const db = await rested("frozen-ping");
      await db.ping(run({ lane: "health" }));
      endUnseen(server().url, "frozen-ping");
      await db.ping(run({ lane: "health" }));
    });

    test("who leaves while its connection is listened to takes none, and the next has it", async () => {
      const db = await rested("left");
      await new Promise((resolve) => setTimeout(resolve, 150));
      const tab = new AbortController();
      const left = db.query(sql`select 1`, run({ signal: tab.signal }));
      tab.abort();
      await expect(left).rejects.toMatchObject({ fault: "cancelled" });
      expect(db.pool()).toMatchObject({ checkedOut: 0, checkedIn: 3 });
    });

    test("connections that were at rest for long, and are well, are used again", async () => {
      const db = database({ applicationName: "well", poolSize: 1, maxOverflow: 0 });
      const pid = () => db.query(sql`select pg_backend_pid() as pid`, run());
      const before = await pid();
      await new Promise((resolve) => setTimeout(resolve, 150));
      expect(await pid()).toEqual(before);
    });

    describe("of whose end nobody was told, as when a firewall or a host on the way has forgotten them", () => {
      /** What was open when it forgets is reset when the client speaks next: before or after it was passed on. */
      async function forgetful(passesOn = false) {
        let epoch = 0;
        const proxy = serve((client) => {
          const born = epoch;
          const upstream = connect({ port: server().port, host: "127.0.0.1" });
          upstream.on("error", () => {});
          client.on("close", () => upstream.destroy());
          client.on("data", (chunk: Buffer) => {
            if (born === epoch || passesOn) upstream.write(chunk);
            if (born !== epoch && !passesOn) client.resetAndDestroy();
          });
          upstream.on("data", (chunk: Buffer) => {
            if (born === epoch) client.write(chunk);
            else client.resetAndDestroy();
          });
        });
        const { url } = await behind(proxy);
        return {
          url,
          forget: () => {
            epoch += 1;
          },
        };
      }
      const sockets: Socket[] = [];
      const fill = (db: Database) => Promise.all([1, 2, 3].map(() => db.query(sql`select pg_sleep(0.05)`, run())));

      test("a transaction, whose first words changed nothing, begins on another", async () => {
        const { url, forget } = await forgetful();
        const db = database({ poolSize: 3, maxOverflow: 0 }, {}, url);
        await fill(db);
        forget();
        let calls = 0;
        const rows = await db.transaction(run(), {}, (held) => {
          calls += 1;
          return held.query(sql`select 1 as v`);
        });
        expect({ rows, calls }).toEqual({ rows: [{ v: 1 }], calls: 1 });
      });

      test("so does a statement where each is a transaction, as behind a pooler", async () => {
        const { url, forget } = await forgetful();
        const db = database({ poolSize: 3, maxOverflow: 0, pooler: "transaction" }, {}, url);
        await fill(db);
        forget();
        expect(await db.query(sql`select 1 as v`, run())).toEqual([{ v: 1 }]);
      });

      test("one that was at rest for half a minute is proved by a round trip before a statement is trusted to it", async () => {
        const { url, forget } = await forgetful();
        let aheadMs = 0;
        const later = { ...runtime, wallMs: () => runtime.wallMs() + aheadMs };
        const db = postgres(url).open({ ...SETTINGS, poolSize: 3, maxOverflow: 0 }, later);
        await fill(db);
        aheadMs = 31_000;
        forget();
        expect(await db.query(sql`select 1 as v`, run())).toEqual([{ v: 1 }]);
        await db.ping(run());
        await db.close();
      });

      test("one that keeps silent is given up after a second, and so are all that were at rest", async () => {
        const { url, tcp } = await behind(proxyTo(server().port, (socket) => sockets.push(socket) < 0));
        let aheadMs = 0;
        const later = { ...runtime, wallMs: () => runtime.wallMs() + aheadMs };
        const db = postgres(url).open({ ...SETTINGS, poolSize: 3, maxOverflow: 0 }, later);
        await fill(db);
        for (const socket of sockets.splice(0)) {
          socket.unpipe();
          socket.pause();
        }
        aheadMs = 31_000;
        const asked = [
          db.query(sql`select 1 as v`, run()),
          db.transaction(run(), {}, (held) => held.query(sql`select 1`)),
        ];
        expect(await tookMs(Promise.all(asked))).toBeLessThan(2_500);
        expect(await asked[0]).toEqual([{ v: 1 }]);
        expect(tcp.accepted()).toBeGreaterThan(3);
        await db.close();
      });

      test("a statement that was sent is not sent again, whatever became of it", async () => {
        await server().query("create table once (n int)");
        const { url, forget } = await forgetful(true);
        const db = database({ poolSize: 1, maxOverflow: 0 }, {}, url);
        await db.query(sql`select 1`, run());
        forget();
        await expect(db.query(sql`insert into once values (1)`, run())).rejects.toMatchObject({ fault: "connection" });
        expect(await server().query("select count(*)::int as n from once")).toEqual([{ n: 1 }]);
      });

      test("where a server is gone for good, its connections are tried once each, and the error is that of the last", async () => {
        const { url, forget } = await forgetful();
        const db = database({ poolSize: 3, maxOverflow: 0, connectTimeoutMs: 500 }, {}, url);
        await fill(db);
        await server().stop();
        forget();
        const asked = db.transaction(run(), {}, (held) => held.query(sql`select 1`));
        await expect(asked).rejects.toMatchObject({ fault: "connection" });
        await server().start();
      });
    });
  },
);
