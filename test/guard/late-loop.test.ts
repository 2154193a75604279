/** An event loop that stands still while answers lie in its sockets: what has arrived wins, and nobody is blamed. */
import { once } from "node:events";
import { connect } from "node:net";
import { Worker } from "node:worker_threads";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { postgres } from "../../lib/database/postgres/postgres.ts";
import { memory } from "../../lib/store/memory.ts";
import { type Tidegate, tidegate } from "../../lib/tidegate.ts";
import { type PostgresServer, postgresUnavailable, startPostgres } from "../support/postgres.ts";
import { standStill } from "../support/standing-still.ts";

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** In a thread of its own, which goes on while ours stands still. */
const ECHO = `
  const server = require("node:net").createServer((socket) => setTimeout(() => socket.end("here"), 200));
  server.listen(0, "127.0.0.1", () => require("node:worker_threads").parentPort.postMessage(server.address().port));
`;

async function allOf<Row>(rows: AsyncIterable<Row>): Promise<Row[]> {
  const all: Row[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

const turn = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.skipIf(postgresUnavailable() !== undefined)(
  `a busy process before a healthy PostgreSQL: ${postgresUnavailable() ?? "found"}`,
  () => {
    let server: PostgresServer;
    const open: Tidegate[] = [];

    beforeAll(async () => {
      server = await startPostgres({ settings: { max_connections: "60" } });
    });
    afterEach(async () => {
      await Promise.all(open.splice(0).map((tide) => tide.close()));
    });
    afterAll(async () => {
      await server.dispose();
    });

    function instance(variables: Readonly<Record<string, string>>, store = memory()): Tidegate {
      const config = readConfig({ DB_POOL_SIZE: "20", ...variables });
      const tide = tidegate({ database: postgres(server.url), store, config, log: SILENT });
      open.push(tide);
      return tide;
    }

    it("answers statements whose answers have come while it stood still beyond their deadline, every time", async () => {
      const tide = instance({ DB_CALL_TIMEOUT_MS: "1000", DB_POOL_TIMEOUT: "10" });
      const round = () => Promise.allSettled(Array.from({ length: 20 }, () => tide.db.query`select pg_sleep(0.2)`));
      await Promise.all(Array.from({ length: 20 }, () => tide.db.query`select pg_sleep(0.05)`));
      for (let times = 0; times < 2; times += 1) {
        const asked = round();
        await turn(50);
        await standStill(1_400);
        const failed = (await asked).flatMap((one) => (one.status === "rejected" ? [String(one.reason)] : []));
        expect(failed).toEqual([]);
      }
      const { breaker, window } = await tide.view();
      expect([breaker.state, window.failures]).toEqual(["closed", 0]);
    });

    it.each([{}, { DB_POOLER: "transaction" }])(
      "lets transactions go on whose answers have come meanwhile, and commits them: %j",
      async (variables) => {
        const tide = instance({ DB_CALL_TIMEOUT_MS: "1000", DB_POOL_TIMEOUT: "10", ...variables });
        await tide.db.query`select 1`;
        const asked = tide.db.transaction(async (tx) => {
          await tx.query`select pg_sleep(0.2)`;
          return tx.query`select 1 as one`;
        });
        const streamed = allOf(tide.db.stream`select 1 as one from pg_sleep(0.2)`);
        await turn(100);
        await standStill(1_400);
        expect(await Promise.all([asked, streamed])).toEqual([[{ one: 1 }], [{ one: 1 }]]);
      },
    );

    it.each([0, 1, 3, 6, 10])("opens connections that were being opened for %i ms beyond their timeout", async (ms) => {
      const tide = instance({ DB_TCP_CONNECT_TIMEOUT: "1" });
      const asked = Promise.all(Array.from({ length: 5 }, () => tide.db.query`select 1 as one`));
      await turn(ms);
      // The driver's own timer comes a second later.
      await standStill(2_200);
      expect((await asked).flat()).toEqual(Array(5).fill({ one: 1 }));
      expect((await tide.view()).window.failures).toBe(0);
    });

    it("answers calls of other libraries just so, by tide.run", async () => {
      const tide = instance({ DB_CALL_TIMEOUT_MS: "1000" });
      const worker = new Worker(ECHO, { eval: true });
      const [port] = (await once(worker, "message")) as [number];
      const asked = tide.run(async () => String((await once(connect(port, "127.0.0.1"), "data"))[0]));
      await turn(20);
      await standStill(1_400);
      expect(await asked).toBe("here");
      await worker.terminate();
    });

    it("still ends a statement that has no answer after that", async () => {
      const tide = instance({ DB_CALL_TIMEOUT_MS: "500" });
      await tide.db.query`select 1`;
      const asked = tide.run(() => new Promise(() => {}));
      asked.catch(() => {});
      await turn(20);
      await standStill(800);
      const startedAt = performance.now();
      await expect(asked).rejects.toMatchObject({ fault: "timeout" });
      expect(performance.now() - startedAt).toBeLessThan(1_000);
    });

    it("calls nobody unhealthy for an instance that was busy just after its ping", async () => {
      const store = memory();
      const busy = instance({ HEALTH_PROBE_TIMEOUT_MS: "500" }, store);
      const other = instance({ HEALTH_PROBE_TIMEOUT_MS: "500" }, store);
      await busy.db.query`select 1`;
      await other.db.query`select 1`;
      const asked = busy.routes().request("/health");
      await turn(0);
      await standStill(1_500);
      const said = await asked;
      expect([said.status, (await said.json()).services.database]).toEqual([200, "ok"]);
      const answer = await other.routes().request("/health");
      expect([answer.status, (await answer.json()).services.database]).toEqual([200, "ok"]);
    });
  },
);
