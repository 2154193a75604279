/** What every driver keeps of streams and transactions, behind the whole of Tidegate, and that nothing is left of them. */
import { tidegate } from "tidegate";
import { readConfig } from "tidegate/config";
import { pglite } from "tidegate/databases/pglite";
import { postgres } from "tidegate/databases/postgres";
import { memory } from "tidegate/stores/memory";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Tidegate } from "../../lib/tidegate.ts";
import { countedRuntime } from "../support/counted-runtime.ts";
import { type PgBouncer, startPgBouncer } from "../support/pgbouncer.ts";
import { poolerUnavailable } from "../support/pooler-scene.ts";
import { type PostgresServer, postgresUnavailable, startPostgres } from "../support/postgres.ts";
import { eventually } from "../support/processes.ts";

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const drivers = [
  { name: "pglite", skip: undefined as string | undefined },
  { name: "postgres", skip: postgresUnavailable() },
  { name: "postgres behind PgBouncer", skip: poolerUnavailable() },
];

describe.each(drivers)("$name", ({ name, skip }) => {
  describe.skipIf(skip !== undefined)(skip ?? "streams and transactions", () => {
    let server: PostgresServer | undefined;
    let bouncer: PgBouncer | undefined;
    let tide: Tidegate;
    const runtime = countedRuntime();
    beforeAll(async () => {
      if (name !== "pglite") server = await startPostgres();
      if (server !== undefined && name.includes("PgBouncer")) bouncer = await startPgBouncer(server);
      const database = server === undefined ? pglite() : postgres(bouncer?.url ?? server.url);
      const pooler = bouncer === undefined ? "none" : "transaction";
      const config = readConfig({ DB_POOL_SIZE: "2", DB_MAX_OVERFLOW: "0", DB_POOLER: pooler });
      tide = tidegate({ database, store: memory(), config, log: SILENT, runtime });
      await eventually("the database is up", () => tide.db.query`select 1`.then(Boolean, () => false), 90_000);
      await tide.db.query`create table notes (n int)`;
    });
    afterAll(async () => {
      await tide?.close();
      await bouncer?.dispose();
      await server?.dispose();
    });
    const held = async () => (await tide.view()).lanes.request.running;
    const notes = async () => (await tide.db.query<{ n: number }>`select n from notes order by n`).map(({ n }) => n);

    test("a stream is the rows of the query, in order", async () => {
      const seen: number[] = [];
      for await (const { n } of tide.db.stream<{ n: number }>`select n from generate_series(1, ${1_234}::int) n`) {
        seen.push(n);
      }
      expect(seen).toEqual(Array.from({ length: 1_234 }, (_, index) => index + 1));
      expect(await held()).toBe(0);
    });

    test("a statement that is wrong throws from the loop, with the server's code", async () => {
      await expect(tide.db.stream`selec 1`.next()).rejects.toMatchObject({ fault: "statement", vendorCode: "42601" });
      expect(await held()).toBe(0);
    });

    test("a transaction commits or leaves nothing", async () => {
      expect(
        await tide.db.transaction(async (tx) => {
          await tx.query`insert into notes values (${1}), (${2})`;
          return tx.one<{ n: number }>`select count(*) as n from notes`;
        }),
      ).toEqual({ n: 2 });
      const failing = tide.db.transaction(async (tx) => {
        await tx.query`delete from notes`;
        throw new Error("changed my mind");
      });
      await expect(failing).rejects.toThrow("changed my mind");
      const careless = tide.db.transaction(async (tx) => {
        await tx.query`delete from notes`;
        await tx.query`select 1/0`.catch(() => {});
      });
      await expect(careless).rejects.toMatchObject({ fault: "statement", message: /was rolled back/ });
      expect(await notes()).toEqual([1, 2]);
    });

    test("a transaction's settings end with it, and it cannot be ended from inside", async () => {
      await tide.db.transaction((tx) => tx.query`set local search_path = nowhere`);
      // Behind a pooler it is refused.
      await tide.db.transaction((tx) => tx.query`set search_path = nowhere`).catch(() => {});
      expect(await notes()).toEqual([1, 2]);
      const meddling = tide.db.transaction(async (tx) => {
        await tx.query`commit`;
      });
      await expect(meddling).rejects.toThrow("it ends as its callback does");
      const swallowed = tide.db.transaction(async (tx) => {
        await tx.query`rollback`.catch(() => {});
        await tx.query`insert into notes values (3)`.catch(() => {});
      });
      await expect(swallowed).rejects.toThrow();
      expect((await notes()).filter((n) => n !== 3 || name !== "pglite")).toEqual([1, 2]);
    });

    test("a callback that dawdles is rolled back at its deadline", async () => {
      const stalled = tide.db.transaction(
        async (tx) => {
          await tx.query`delete from notes`;
          await new Promise(() => {});
        },
        { deadlineMs: 300 },
      );
      await expect(stalled).rejects.toMatchObject({ fault: "timeout" });
      expect(await notes()).toContain(1);
    });

    test("nothing is left of 500 streams that were given up", async () => {
      // Every connection has a timer for its age: all that there may be are there before.
      await Promise.all([1, 2].map(() => tide.db.query`select pg_sleep(0.2)`));
      const before = runtime.timers();
      const listeners = process.getActiveResourcesInfo().length;
      for (let n = 0; n < 500; n += 1) {
        const rows = tide.db.stream`select n from generate_series(1, 2000) n`;
        if (n % 3 > 0) await rows.next();
        if (n % 3 === 1) await rows.return?.();
        else {
          // Left in the midst of a fetch.
          const next = rows.next().catch(() => {});
          await rows.return?.();
          await next;
        }
      }
      await eventually("all is given back", async () => (await held()) === 0 && runtime.timers() <= before, 10_000);
      expect(await tide.db.query`select 1 as v`).toEqual([{ v: 1 }]);
      expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(listeners + 3);
      if (server !== undefined) {
        const rows = await server.query("select count(*)::int as n from pg_stat_activity where state like 'idle in%'");
        expect(rows).toEqual([{ n: 0 }]);
      }
    });
  });
});
