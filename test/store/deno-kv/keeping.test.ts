/** How long a machine's state stays in Deno KV: as long as the machine says, by the store's clock and by Deno's. */
import { describe, expect, test } from "vitest";
import { storeClock } from "../../../lib/store/deno-kv/clock.ts";
import type { Connection, DenoKv, KvAtomic } from "../../../lib/store/deno-kv/platform.ts";
import { transactions } from "../../../lib/store/deno-kv/transactions.ts";
import { manualRuntime } from "../../../lib/testing/manual-runtime.ts";
import { fakeKv } from "../../support/fake-kv.ts";
import { counter, gateMachine } from "../../support/machines.ts";
import { CONFIG, opening, renewalOf } from "../caller.ts";

const KEPT_MS = 600_000;
const DAY_MS = 86_400_000;

function scene() {
  const kv = fakeKv();
  const runtime = manualRuntime();
  /** What Deno was told to keep the entries of each commit for. */
  const kept: (number | undefined)[][] = [];
  const telling: DenoKv = {
    ...kv,
    atomic: () => {
      const commit = kv.atomic();
      const told: (number | undefined)[] = [];
      kept.push(told);
      const noted: KvAtomic = {
        ...commit,
        check: (...checks) => {
          commit.check(...checks);
          return noted;
        },
        delete: (key) => {
          commit.delete(key);
          return noted;
        },
        set: (key, value, options) => {
          told.push(options?.expireIn);
          commit.set(key, value, options);
          return noted;
        },
      };
      return noted;
    },
  };
  const connect: Connection = Object.assign(async () => telling, { close: async () => {} });
  const instance = () => transactions({ connect, clock: storeClock(runtime), runtime });
  const config = { ...CONFIG, keptMs: KEPT_MS };
  const renews = (transact: ReturnType<typeof instance>, n: number, session = "a") =>
    Promise.resolve(transact(gateMachine, "k", renewalOf(session, { n, config })));
  return { kv, runtime, kept, instance, renews };
}

describe("a state in Deno KV", () => {
  test.each(["that has it at hand", "that comes anew"])(
    "of a gate at rest is over at its time, for one %s",
    async (who) => {
      const { runtime, instance, renews } = scene();
      const first = instance();
      const { keptUntil, reply } = await renews(first, 1);
      const next = () => (who === "that comes anew" ? instance() : first);
      runtime.stall(keptUntil - runtime.wallMs() - 1);
      const again = await renews(next(), 2);
      expect(again.reply).toMatchObject({ known: true, life: reply.life });
      runtime.stall(again.keptUntil - runtime.wallMs());
      const { life } = (await renews(next(), 3, "b")).reply;
      expect(life).toBeGreaterThan(reply.life);
    },
  );

  test("of a gate in use is never over, and Deno is told the same with every commit", async () => {
    const { kv, runtime, kept, instance, renews } = scene();
    const transact = instance();
    const { life } = (await renews(transact, 1)).reply;
    for (let n = 2; n < 50; n++) {
      runtime.stall(KEPT_MS / 4);
      const { reply, keptUntil } = await renews(transact, n);
      expect(reply).toMatchObject({ known: true, life });
      expect(kept.at(-1)).toEqual([keptUntil - runtime.wallMs()]);
    }
    expect(kv.counts.commits).toBe(49);
  });

  test("of many pages ends with all of them at once", async () => {
    const { kv, kept, instance } = scene();
    const transact = instance();
    const about = { runtime: "x".repeat(1_000), region: "", version: "1", startedAt: 0 };
    const told = Array.from({ length: 200 }, (_, n) =>
      transact(
        gateMachine,
        "k",
        renewalOf(`s${n}`, { config: { ...CONFIG, keptMs: KEPT_MS }, opens: opening({ about }) }),
      ),
    );
    await Promise.all(told);
    expect(kv.keys().length).toBeGreaterThan(2);
    expect(kept.at(-1)).toHaveLength(kv.keys().length);
    expect(new Set(kept.at(-1)).size).toBe(1);
  });

  test("of a machine that names no end is kept for 90 days", async () => {
    const { runtime, kept, instance } = scene();
    await instance()(counter, "k", 1);
    expect(kept).toEqual([[90 * DAY_MS]]);
    runtime.stall(90 * DAY_MS - 1);
    expect((await instance()(counter, "k", 0)).sum).toBe(1);
    runtime.stall(90 * DAY_MS);
    expect((await instance()(counter, "k", 0)).sum).toBe(0);
  });
});
