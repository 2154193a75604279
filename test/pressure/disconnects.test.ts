import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgresUnavailable } from "../support/postgres.ts";
import { eventually } from "../support/processes.ts";
import { pressureScene, RUNNING, type Scene } from "./scene.ts";

const AT_ONCE = 50;
const ROUNDS = 10;

describe.skipIf(postgresUnavailable() !== undefined)(
  `clients that leave in mid-query: ${postgresUnavailable() ?? "PostgreSQL found"}`,
  () => {
    let scene: Scene;
    beforeAll(async () => {
      scene = await pressureScene({ max_connections: "120" });
    });
    afterAll(() => scene?.dispose());

    test("leave no statement behind at the server, 500 of them", async () => {
      const instance = await scene.instance({ DB_POOL_SIZE: `${AT_ONCE}`, DB_MAX_OVERFLOW: "0" });
      const goneMs: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const leaving = new AbortController();
        const asked = Array.from({ length: AT_ONCE }, () => instance.get("/sleep?ms=60000", leaving.signal));
        await eventually("all in mid-query", async () => (await scene.seen(RUNNING)) === AT_ONCE);
        leaving.abort();
        const leftAt = performance.now();
        await eventually("none at the server", async () => (await scene.seen(RUNNING)) === 0);
        goneMs.push(performance.now() - leftAt);
        expect((await Promise.all(asked)).every(({ status }) => status === 0)).toBe(true);
      }
      const longest = Math.max(...goneMs);
      console.log(`${ROUNDS * AT_ONCE} clients left in mid-query: none at the server after ${longest.toFixed(0)} ms`);
      expect(longest).toBeLessThan(5_000);
      await eventually("every permit back", async () => (await instance.held()).permits === 0);
      expect(await instance.held()).toMatchObject({ breaker: "closed", waiting: 0 });
    });
  },
);
