/** Calls that are left at any moment leave nothing behind. `npm run test:pressure` has ten thousand. */
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { heapMb, resources, watchListeners } from "../../pressure/leaks.ts";
import { countedRuntime } from "../../support/counted-runtime.ts";
import { postgresUnavailable } from "../../support/postgres.ts";
import { eventually } from "../../support/processes.ts";
import { type Guarded, type PgScene, pgScene, SLEEPING } from "./scene.ts";

const CALLS = Number(process.env.TIDEGATE_ABORTED ?? 500);
const AT_ONCE = 40;
const MAX = 10;

/** One call of either kind, left after a while by chance. */
async function leave({ pool, tide }: Guarded, nth: number): Promise<void> {
  const caller = new AbortController();
  const left = setTimeout(Math.random() * 25).then(() => caller.abort());
  const asked = tide.with({ signal: caller.signal }, async () => {
    if (nth % 2 === 0) return pool.query("select pg_sleep(0.01)");
    const client = await pool.connect();
    try {
      await client.query("begin");
      await client.query("select pg_sleep(0.01)");
      return await client.query("commit");
    } finally {
      client.release();
    }
  });
  await asked.catch(() => {});
  await left;
}

async function leaveMany(guarded: Guarded, calls: number): Promise<void> {
  let next = 0;
  const caller = async () => {
    while (next < calls) await leave(guarded, next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, caller));
}

describe.skipIf(postgresUnavailable() !== undefined)(
  `a guarded pool under pressure: ${postgresUnavailable() ?? "PostgreSQL found"}`,
  () => {
    let scene: PgScene;
    beforeAll(async () => {
      scene = await pgScene();
    });
    afterAll(() => scene?.dispose());

    test(`${CALLS} calls that are left at any moment leave nothing behind`, { timeout: 600_000 }, async () => {
      const runtime = countedRuntime();
      const listeners = watchListeners();
      const guarded = scene.guarded({ pool: { max: MAX }, runtime });
      const { pool, held } = guarded;
      const quiet = () =>
        eventually("nothing runs, and the gate knows", async () => {
          const { permits, waiting } = await held();
          return permits + waiting + (await scene.seen(`${SLEEPING} or state like 'idle in%'`)) === 0;
        });
      const before = resources();
      await leaveMany(guarded, CALLS / 5);
      await quiet();
      const heapBefore = heapMb();
      await leaveMany(guarded, CALLS - CALLS / 5);
      await quiet();
      listeners.stop();
      const grownMb = heapMb() - heapBefore;
      expect(pool.totalCount).toBeLessThanOrEqual(MAX);
      expect(pool.waitingCount).toBe(0);
      expect(listeners.left()).toBe(0);
      await eventually("no timer is left", () => runtime.timers() === 0);
      const asleep = Array.from({ length: MAX }, () => pool.query("select pg_sleep(0.5)"));
      await eventually("all connections serve", async () => (await scene.seen(SLEEPING)) === MAX);
      await Promise.all(asleep);
      await scene.clear();
      const more = () => Object.entries(resources()).filter(([type, now]) => now > (before[type] ?? 0));
      await eventually("no resource is left", () => more().length === 0);
      console.log(JSON.stringify({ calls: CALLS, grownMb }));
      expect(grownMb).toBeLessThan(8);
    });
  },
);
