/** What the log hears of a database that dies while nobody calls. */
import { describe, expect, it } from "vitest";
import { memory } from "../../lib/store/memory.ts";
import { manualRuntime } from "../../lib/testing/testing.ts";
import { type SmallApp, smallApp } from "../support/app.ts";

const edges = ({ lines }: SmallApp) =>
  lines.filter(({ event }) => event === "health.changed").map(({ level, fields }) => ({ level, ...fields }));
/** As monitors look at each, every 10 s. */
async function watched({ runtime, all }: { runtime: SmallApp["runtime"]; all: readonly SmallApp[] }, times: number) {
  for (let look = 0; look < times; look++) {
    for (const { app } of all) await app.request("/health");
    await runtime.advance(10_000);
  }
}
const alone = (small: SmallApp) => ({ runtime: small.runtime, all: [small] });

describe("the verdict's changes", () => {
  it("are a line each, whoever asks and however often, with the process and the instance", async () => {
    const small = smallApp();
    await watched(alone(small), 3);
    expect(edges(small)).toEqual([]);

    small.faults.set({ mode: "failing", forMs: 100_000 });
    await watched(alone(small), 4);
    const self = { pid: process.pid, instance: small.tide.instance() };
    expect(edges(small)).toEqual([
      {
        level: "warn",
        from: "healthy",
        to: "unhealthy",
        reason: "database_unreachable",
        errors: [expect.stringContaining("DB_CONNECTION_FAILED")],
        ...self,
      },
    ]);

    small.faults.clear();
    await watched(alone(small), 4);
    expect(edges(small)[1]).toEqual({ level: "info", from: "unhealthy", to: "healthy", reason: null, ...self });
    expect(edges(small)).toHaveLength(2);
  });

  it("are told of a database that is away from the beginning", async () => {
    const small = smallApp();
    small.faults.set({ mode: "failing", forMs: 100_000 });
    await watched(alone(small), 2);
    expect(edges(small)).toMatchObject([{ level: "warn", from: null, to: "unhealthy" }]);
  });

  it("are told once for instances that share a store, by the one that asked", async () => {
    const [store, runtime] = [memory(), manualRuntime()];
    const [one, other] = [smallApp({}, undefined, { store, runtime }), smallApp({}, undefined, { store, runtime })];
    await watched({ runtime, all: [one, other] }, 2);
    for (const { faults } of [one, other]) faults.set({ mode: "failing", forMs: 1_000_000 });
    await watched({ runtime, all: [one, other] }, 4);
    await watched({ runtime, all: [other, one] }, 4);
    expect([...edges(one), ...edges(other)]).toMatchObject([{ from: "healthy", to: "unhealthy" }]);
  });
});
