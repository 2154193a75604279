/** A thousand by default; `npm run test:pressure` has ten thousand, and prints what is left of them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgresUnavailable } from "../support/postgres.ts";
import { leaveMany } from "./aborted.ts";
import { pressureScene, type Scene } from "./scene.ts";

const REQUESTS = Number(process.env.TIDEGATE_ABORTED ?? 1_000);
const MINUTES = 60_000;

describe.skipIf(postgresUnavailable() !== undefined)(
  `under pressure: ${postgresUnavailable() ?? "PostgreSQL found"}`,
  () => {
    let scene: Scene;
    beforeAll(async () => {
      scene = await pressureScene();
    });
    afterAll(() => scene?.dispose());

    test(`${REQUESTS} clients that leave at any moment leave nothing behind`, { timeout: 10 * MINUTES }, async () => {
      const aftermath = await leaveMany(scene, REQUESTS);
      console.log(JSON.stringify(aftermath));
      const { answered, heapMb, connections, ...left } = aftermath;
      expect(left).toEqual({
        ...{
          requests: REQUESTS,
          permits: 0,
          waiting: 0,
          listeners: 0,
          timers: 0,
          running: 0,
          capacity: 10,
          resources: {},
        },
      });
      // Some stay to the end, most do not.
      expect(answered).toBeGreaterThan(0);
      expect(answered).toBeLessThan(0.9 * REQUESTS);
      expect(connections).toBeLessThanOrEqual(10);
      expect(heapMb).toBeLessThan(8);
    });
  },
);
