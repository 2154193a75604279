import { describe, expect, it } from "vitest";
import { DatabaseError } from "../../lib/database/port.ts";
import { type Refusal, Refused } from "../../lib/guard/refusal.ts";
import { farStore } from "../support/far-store.ts";
import { fleet, follow, heldCall, UNTIL_SILENT_MS } from "../support/guarded.ts";

const FORCED = { ttlMs: 60_000, expectedVersion: null, actor: "me", reason: "x" } as const;
const away = () => Promise.reject(new DatabaseError("connection", "The database refused the connection."));

describe("a breaker shared by several instances", () => {
  it("opened by one refuses at all of them, says for how long, and heals by itself", async () => {
    const { runtime, instance, events } = fleet({ CIRCUIT_BREAKER_RECOVERY_TIMEOUT: "30" });
    const [one, other] = [instance(), instance()];
    for (let call = 0; call < 10; call++) await one.run(away).catch(() => {});
    const refused = await other.run(() => "never").catch((error: unknown) => error);
    expect(refused).toMatchObject({ refusal: { code: "CIRCUIT_BREAKER_OPEN", reason: "open" } });
    const { retryAfterMs } = (refused as { refusal: { retryAfterMs: number } }).refusal;
    expect(retryAfterMs).toBeGreaterThanOrEqual(30_000);
    expect(retryAfterMs).toBeLessThan(36_000);

    await runtime.advance(retryAfterMs);
    expect(await one.run(() => "first probe")).toBe("first probe");
    await other.run(() => "second success closes");
    expect((await one.view()).breaker.state).toBe("closed");
    const told = events.filter(({ event }) => event.startsWith("breaker"));
    expect(told.map(({ level, event }) => `${level} ${event}`)).toEqual([
      "warn breaker.open",
      "warn breaker.half_open",
      "info breaker.closed",
    ]);
    expect(told[0]?.fields).toEqual({
      gate: "main",
      at: "2026-01-01T00:00:00.000Z",
      from: "closed",
      cause: "failure_rate",
      generation: expect.any(Number),
    });
  });

  it("never hears of calls that were admitted before it changed", async () => {
    const { runtime, instance } = fleet({
      CIRCUIT_BREAKER_RECOVERY_TIMEOUT: "1",
      CIRCUIT_BREAKER_SUCCESSES_TO_CLOSE: "1",
    });
    const guard = instance();
    const old = heldCall();
    void follow(guard.run(old.call));
    for (let call = 0; call < 10; call++) await guard.run(away).catch(() => {});
    await runtime.advance(1_500);
    await guard.run(() => "probe");
    old.fail(new DatabaseError("connection", ""));
    await runtime.advance(0);
    expect(await guard.view()).toMatchObject({ breaker: { state: "closed" }, window: { calls: 0, failures: 0 } });
  });

  it("empties the line when it opens: waiters are told so, not left to time out", async () => {
    const { runtime, instance } = fleet({ DB_POOL_SIZE: "1", DB_MAX_OVERFLOW: "0" });
    const [guard, other] = [instance(), instance()];
    const stuck = heldCall();
    void follow(guard.run(stuck.call));
    const waiters = [guard, guard, other].map((one) => follow(one.run(heldCall().call)));
    await other.operate({ ...FORCED, mode: "force_open", opId: "1" });
    await runtime.advance(0);
    for (const waiter of waiters) expect(waiter.result()?.error).toMatchObject({ refusal: { reason: "forced" } });
    expect([guard.waiting(), other.waiting()]).toEqual([0, 0]);
    stuck.succeed();
    await runtime.advance(UNTIL_SILENT_MS);
    expect(runtime.pendingTimers()).toBe(0);
  });
});

describe("an open period", () => {
  async function opened(refusing?: () => void) {
    const { adapter, sent, pass } = farStore();
    const { runtime, instance } = fleet({ CIRCUIT_BREAKER_RECOVERY_TIMEOUT: "30" }, adapter);
    const guard = instance(refusing);
    for (let failed = follow(guard.run(away)); !(failed.result()?.error instanceof Refused); ) {
      failed = follow(guard.run(away));
      await pass(runtime, 50);
    }
    return { sent, pass, runtime, guard, instance };
  }
  const refusalOf = async (run: Promise<unknown>) =>
    (await run.catch((error: unknown) => error)) as { readonly refusal: Refusal };

  it("is remembered: calls are refused without the store, and each is told what is left of it", async () => {
    const { sent, pass, runtime, guard } = await opened();
    await pass(runtime, UNTIL_SILENT_MS);
    const first = await refusalOf(guard.run(() => "never"));
    await runtime.advance(200);
    const before = sent.length;
    const later = await refusalOf(guard.run(() => "never"));
    expect([first, later]).toMatchObject([{ refusal: { reason: "open" } }, { refusal: { reason: "open" } }]);
    expect(first.refusal.retryAfterMs - later.refusal.retryAfterMs).toBe(200);
    expect(sent).toHaveLength(before);
  });

  it("costs the store four messages a second, however many call, which count every refused call", async () => {
    const { sent, pass, runtime, guard } = await opened();
    const before = sent.length;
    // One was refused before these.
    for (let call = 0; call < 300; call++) {
      void follow(guard.run(() => "never"));
      await pass(runtime, 10);
    }
    expect(sent.length - before).toBeLessThanOrEqual(13);
    const view = follow(Promise.resolve(guard.view()));
    await pass(runtime, 50);
    expect(view.result()?.value).toMatchObject({ totals: { refused: { request: { open: 301 } } } });
  });

  it("ends early for an instance that hears of an override within 250 ms and a round trip", async () => {
    const { sent, runtime, guard, pass, instance } = await opened();
    const other = instance();
    void follow(Promise.resolve(other.operate({ ...FORCED, mode: "force_closed", opId: "1" })));
    await sent.at(-1)?.answer();
    let waitedMs = 0;
    let done = follow(guard.run(() => "done"));
    for (; done.result()?.value !== "done" && waitedMs < 1_000; waitedMs += 50) {
      await pass(runtime, 50);
      if (done.result()?.error) done = follow(guard.run(() => "done"));
    }
    expect(waitedMs).toBeLessThanOrEqual(300);
  });

  it("makes the instance look after the database once a second until the breaker is closed, and no longer", async () => {
    let looked = 0;
    const { runtime, guard, pass } = await opened(() => {
      looked += 1;
    });
    const before = looked;
    await pass(runtime, 5_000);
    expect(looked - before).toBe(5);
    void follow(Promise.resolve(guard.operate({ ...FORCED, mode: "force_closed", opId: "1" })));
    await pass(runtime, UNTIL_SILENT_MS);
    const closed = looked;
    await pass(runtime, 5_000);
    expect([looked, runtime.pendingTimers()]).toEqual([closed, 0]);
  });
});
