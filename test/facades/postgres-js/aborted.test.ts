/** Calls that are left at any moment leave nothing behind. `npm run test:pressure` has ten thousand. */
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { heapMb, resources, watchListeners } from "../../pressure/leaks.ts";
import { countedRuntime } from "../../support/counted-runtime.ts";
import { postgresUnavailable } from "../../support/postgres.ts";
import { eventually } from "../../support/processes.ts";
import { type Guarded, SLEEPING, type SqlScene, sqlScene } from "./scene.ts";

const CALLS = Number(process.env.TIDEGATE_ABORTED ?? 500);
const AT_ONCE = 40;
const MAX = 10;

/** One call of each kind in turn, left after a while by chance. */
async function leave({ sql, tide }: Guarded, nth: number): Promise<void> {
  const caller = new AbortController();
  const left = setTimeout(Math.random() * 25).then(() => caller.abort());
  const kinds = [
    () => sql`select pg_sleep(0.01)`,
    () => sql.begin((tx) => tx`select pg_sleep(0.01)`),
    async () => {
      const reserved = await sql.reserve();
      try {
        await reserved`begin`;
        await reserved`select pg_sleep(0.01)`;
        await reserved`commit`;
      } finally {
        reserved.release();
      }
    },
    async () => {
      for await (const _ of sql`select pg_sleep(0.005) from generate_series(1, 4)`.cursor(1));
    },
  ];
  await Promise.resolve(tide.with({ signal: caller.signal }, async () => kinds[nth % kinds.length]?.())).catch(
    () => {},
  );
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
  `a guarded sql under pressure: ${postgresUnavailable() ?? "PostgreSQL found"}`,
  () => {
    let scene: SqlScene;
    beforeAll(async () => {
      scene = await sqlScene();
    });
    afterAll(() => scene?.dispose());

    test(`${CALLS} calls that are left at any moment leave nothing behind`, { timeout: 600_000 }, async () => {
      const runtime = countedRuntime();
      const listeners = watchListeners();
      const before = resources();
      const guarded = scene.guarded({ sql: { max: MAX }, runtime });
      const { sql, held } = guarded;
      const quiet = () =>
        eventually("nothing runs, and the gate knows", async () => {
          const { permits, waiting } = await held();
          return permits + waiting + (await scene.seen(`${SLEEPING} or state like 'idle in%'`)) === 0;
        });
      await leaveMany(guarded, CALLS / 5);
      await quiet();
      const heapBefore = heapMb();
      await leaveMany(guarded, CALLS - CALLS / 5);
      await quiet();
      listeners.stop();
      const grownMb = heapMb() - heapBefore;
      expect(await scene.seen("true")).toBeLessThanOrEqual(MAX);
      expect(listeners.left()).toBe(0);
      await eventually("no timer is left", () => runtime.timers() === 0);
      const asleep = Array.from({ length: MAX }, () => sql`select pg_sleep(0.5)`.execute());
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
