import { describe, expect, it } from "vitest";
import { DatabaseError } from "../../lib/database/port.ts";
import { fleet, follow, heldCall } from "../support/guarded.ts";

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
    const probe = heldCall();
    void one.run(probe.call);
    expect(await other.run(() => "second").catch((error: unknown) => error)).toMatchObject({
      refusal: { code: "CIRCUIT_BREAKER_OPEN", reason: "probing" },
    });
    probe.succeed();
    await runtime.advance(0);
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
    const { runtime, instance } = fleet({ DB_POOL_SIZE: "2", DB_MAX_OVERFLOW: "0" });
    const guard = instance();
    const stuck = heldCall();
    void follow(guard.run(stuck.call));
    const failing = heldCall();
    void follow(guard.run(failing.call));
    const waiter = follow(guard.run(heldCall().call));
    await guard.operate({
      mode: "force_open",
      ttlMs: 5_000,
      opId: "1",
      expectedVersion: null,
      actor: "me",
      reason: "x",
    });
    await runtime.advance(5_000);
    expect(waiter.result()?.error).toMatchObject({ refusal: { code: "CIRCUIT_BREAKER_OPEN" } });
  });
});
