import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgresUnavailable } from "../support/postgres.ts";
import { eventually } from "../support/processes.ts";
import { type Answer, pressureScene, type Scene } from "./scene.ts";

const CAPACITY = 10;
const SLOW = 2;
/** One after the other. */
const PATHS = ["/sleep?ms=200", "/sleep?ms=200&way=transaction", "/sleep?ms=200&way=stream", "/sleep?ms=200&lane=slow"];
/** A stream fetches what it has declared before. */
const WORKING = "state = 'active' and query ~* 'pg_sleep|fetch'";
const CALLERS = 48;
const WAIT_MS = 1_000;
const CALL_MS = 2_000;
const ENV = {
  ...{ DB_POOL_SIZE: `${CAPACITY}`, DB_MAX_OVERFLOW: "0", DB_POOL_TIMEOUT: `${WAIT_MS / 1_000}` },
  ...{ DB_SLOW_CALL_TIMEOUT_MS: `${CALL_MS}`, DB_SLOW_MAX_CONCURRENT: `${SLOW}` },
  ...{ DB_CALL_TIMEOUT_MS: `${CALL_MS}`, DB_TCP_CONNECT_TIMEOUT: "2", CIRCUIT_BREAKER_RECOVERY_TIMEOUT: "1" },
};

describe.skipIf(postgresUnavailable() !== undefined)(
  `a server that stands still at full load: ${postgresUnavailable() ?? "PostgreSQL found"}`,
  () => {
    let scene: Scene;
    beforeAll(async () => {
      scene = await pressureScene();
    });
    afterAll(() => scene?.dispose());

    test("leaves nobody without an answer, and is used to the full soon after it goes on", async () => {
      const instance = await scene.instance(ENV);
      const answers: Answer[] = [];
      let loading = true;
      const caller = async (path: string) => {
        while (loading) answers.push(await instance.get(path));
      };
      const load = Promise.all(Array.from({ length: CALLERS }, (_, n) => caller(PATHS[n % PATHS.length] ?? "")));
      await eventually("full load", async () => (await scene.seen(WORKING)) === CAPACITY + SLOW);

      const before = answers.length;
      scene.server.pause();
      await eventually("an open breaker", async () => (await instance.held()).breaker === "open");
      await eventually("callers that were refused at once", () => answers.length > before + CALLERS);
      scene.server.resume();
      const resumedAt = performance.now();
      await eventually("the full capacity again", async () => (await scene.seen(WORKING)) === CAPACITY + SLOW);
      const recoveredMs = performance.now() - resumedAt;
      loading = false;
      await load;

      const slowest = Math.max(...answers.map(({ tookMs }) => tookMs));
      console.log(
        `frozen at full load: slowest answer ${slowest.toFixed(0)} ms, full again ${recoveredMs.toFixed(0)} ms`,
      );
      expect(answers.every(({ status }) => status > 0)).toBe(true);
      expect(slowest).toBeLessThan(WAIT_MS + CALL_MS + 1_000);
      expect(recoveredMs).toBeLessThan(5_000);
      expect(await instance.held()).toMatchObject({ permits: 0, waiting: 0 });
    });
  },
);
