import { describe, expect, it } from "vitest";
import { DatabaseError } from "../../lib/database/port.ts";
import { type FarStore, farStore } from "../support/far-store.ts";
import { fleet, follow, heldCall } from "../support/guarded.ts";

const ENV = {
  CIRCUIT_BREAKER_RECOVERY_TIMEOUT: "1",
  CIRCUIT_BREAKER_HALF_OPEN_PROBES: "1",
  CIRCUIT_BREAKER_SUCCESSES_TO_CLOSE: "2",
};
const away = () => Promise.reject(new DatabaseError("connection", "The database refused the connection."));

/** Instances on one store whose breaker has just become half-open. */
async function halfOpen(store?: FarStore, env: Record<string, string> = {}) {
  const { runtime, instance } = fleet({ ...ENV, ...env }, store?.adapter);
  const pass = (ms: number) => (store ? store.pass(runtime, ms) : runtime.advance(ms));
  const [one, other] = [instance(), instance()];
  const old = heldCall();
  void follow(one.run(old.call));
  await pass(10);
  for (let call = 0; call < 10; call++) {
    void follow(one.run(away));
    await pass(20);
  }
  const state = async () => {
    const view = Promise.resolve(one.view());
    await pass(10);
    return (await view).breaker.state;
  };
  expect(await state()).toBe("open");
  await pass(1_200);
  expect(await state()).toBe("half_open");
  return { runtime, pass, one, other, instance, state, old };
}

describe("a breaker that is half open", () => {
  it("lets probe whoever comes first, also right after its instance has heard that probes are due", async () => {
    const { one } = await halfOpen();
    await one.view();
    expect(await one.run(() => "probe")).toBe("probe");
  });

  it("refuses beside a probe, and says to come again in 1 to 5 s", async () => {
    const { pass, one, other } = await halfOpen();
    const probe = heldCall();
    void follow(one.run(probe.call));
    expect(probe.started()).toBe(true);
    const beside = [one, other].map((guard) => follow(guard.run(() => "never")));
    await pass(0);
    for (const refused of beside) {
      const error = refused.result()?.error;
      expect(error).toMatchObject({ refusal: { code: "CIRCUIT_BREAKER_OPEN", reason: "probing" } });
      const { retryAfterMs } = (error as { refusal: { retryAfterMs: number } }).refusal;
      expect(retryAfterMs).toBeGreaterThanOrEqual(1_000);
      expect(retryAfterMs).toBeLessThanOrEqual(5_000);
    }
  });

  it("refuses from memory for a tenth of a second beside a probe, across a network too", async () => {
    const store = farStore();
    const { runtime, pass, one, other } = await halfOpen(store);
    const probe = heldCall();
    void follow(one.run(probe.call));
    await pass(10);
    expect(probe.started()).toBe(true);
    void follow(other.run(() => "never"));
    await pass(10);
    const before = store.sent.length;
    const refused = follow(other.run(() => "never"));
    await runtime.advance(0);
    expect(refused.result()?.error).toMatchObject({ refusal: { reason: "probing" } });
    expect(store.sent).toHaveLength(before);
    probe.succeed();
    await pass(150);
    const next = follow(other.run(() => "next"));
    await pass(50);
    expect(next.result()).toEqual({ value: "next" });
  });

  it("is closed by as many probes as it needs, whose results are told at once", async () => {
    const { state, one, other } = await halfOpen();
    await one.run(() => "done");
    await other.run(() => "done");
    expect(await state()).toBe("closed");
  });

  it("opens again by a probe that fails", async () => {
    const { one, other } = await halfOpen();
    await one.run(away).catch(() => {});
    await expect(other.run(() => "never")).rejects.toMatchObject({ refusal: { reason: "open" } });
  });

  it("takes the result of a call from before it opened for none", async () => {
    const { pass, one, state, old } = await halfOpen();
    await one.run(() => "probe");
    old.fail(new DatabaseError("connection", ""));
    await pass(0);
    expect(await state()).toBe("half_open");
    await pass(100);
    await one.run(() => "probe");
    expect(await state()).toBe("closed");
  });

  it("gives a probe 10 s at most, however long calls of its lane may run, and twice that after one that was lost", async () => {
    const { pass, one } = await halfOpen(undefined, { DB_CALL_TIMEOUT_MS: "55000" });
    const deadlines: number[] = [];
    const lost = async (waitMs: number) => {
      const probe = heldCall();
      void follow(
        one.run((context) => {
          deadlines.push(context.deadlineMs);
          return probe.call(context);
        }),
      );
      await pass(waitMs);
      probe.fail(new DatabaseError("cancelled", ""));
      await pass(200);
    };
    await lost(100);
    await lost(100);
    expect(deadlines).toEqual([10_000, 20_000]);
    expect(await one.run(({ deadlineMs }) => deadlineMs, { deadlineMs: 300 })).toBe(300);
  });
});
