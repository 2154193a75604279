/** Gates that nobody calls: what they cost, when they are given up, and how they come back. */
import { describe, expect, it } from "vitest";
import type { GateOptions, Tidegate } from "../../lib/tidegate.ts";
import { follow } from "../support/guarded.ts";
import { applications, watchedStore } from "../support/own-gates.ts";

/** What ran on permits is given back by then, and the sweep has seen it. */
const AT_REST_MS = 3_000;
const MINUTE_MS = 60_000;
const OPERATOR = { actor: "me", reason: "x" };
const OPENS_AT_ONCE: GateOptions = {
  breaker: { failureThreshold: 1, windowCalls: 1, failureRate: 0, recoveryMs: 30_000, backoff: { jitter: 0 } },
};
const standing = (tide: Tidegate, name: string) => tide.gates().find(({ gate }) => gate === name);
const fails = () => Promise.reject(new Error("down"));

describe("a gate at rest", () => {
  it("costs no timer but the sweep that all share, and no message to the store, be there one or two hundred", async () => {
    const { adapter, messages } = watchedStore();
    const { application, runtime } = applications({}, adapter);
    const tide = application();
    for (let n = 0; n < 200; n++) await tide.gate(`tenant-${n}`).run(() => "done");
    await runtime.advance(AT_REST_MS);
    const before = messages();
    expect([tide.gates().length, runtime.pendingTimers()]).toEqual([201, 1]);
    await runtime.advance(5 * MINUTE_MS);
    expect([messages(), runtime.pendingTimers()]).toEqual([before, 1]);
  });

  it("is one instance to its gate, however often it comes back", async () => {
    const { application, runtime } = applications();
    const gate = application().gate("billing", { capacity: 2, waitMs: 0 });
    for (let round = 0; round < 4; round++) {
      const both = await Promise.all([gate.run(() => runtime.advance(10)), gate.run(() => "done")]);
      expect(both).toEqual([undefined, "done"]);
      expect((await gate.view()).n).toBe(1);
      await runtime.advance(AT_REST_MS);
    }
  });

  it.each([
    ["one at rest", AT_REST_MS, "closed"],
    ["one that is awake", 100, "open"],
  ])("does not ask when others change it, which one that is awake does: %s", async (_, passedMs, breaker) => {
    const { adapter, messages } = watchedStore();
    const { application, runtime } = applications({}, adapter);
    const [tide, other] = [application(), application()];
    await tide.gate("billing").run(() => "done");
    await runtime.advance(passedMs);
    const before = messages("billing");
    await other.gate("billing").override({ mode: "force_open", ttlMs: MINUTE_MS, ...OPERATOR });
    await runtime.advance(0);
    // The operator's own message is one.
    const asked = messages("billing") - before > 1;
    expect([asked, standing(tide, "billing")?.breaker]).toEqual([breaker === "open", breaker]);
  });

  it("is given up ten minutes after it was last called, and nothing is left", async () => {
    const { application, runtime } = applications();
    const tide = application();
    await tide.gate("early").run(() => "done");
    await runtime.advance(5 * MINUTE_MS);
    await tide.gate("late").run(() => "done");
    await runtime.advance(5 * MINUTE_MS - 1_000);
    expect(tide.gates().map(({ gate }) => gate)).toEqual(["main", "early", "late"]);
    await runtime.advance(2 * MINUTE_MS);
    expect(tide.gates().map(({ gate }) => gate)).toEqual(["main", "late"]);
    await runtime.advance(5 * MINUTE_MS);
    expect([tide.gates().map(({ gate }) => gate), runtime.pendingTimers()]).toEqual([["main"], 0]);
  });

  it("is remembered for ten minutes more with every call, and goes by its options when it comes back", async () => {
    const { application, runtime } = applications();
    const tide = application();
    const gate = tide.gate("billing", { capacity: 1, waitMs: 0 });
    for (let call = 0; call < 4; call++) {
      await gate.run(() => "done");
      await runtime.advance(9 * MINUTE_MS);
      expect(standing(tide, "billing")?.lanes.request.capacity).toBe(1);
    }
    await runtime.advance(5 * MINUTE_MS);
    expect(standing(tide, "billing")).toBeUndefined();
    const permit = await gate.acquire();
    await expect(gate.run(() => "never")).rejects.toMatchObject({ refusal: { reason: "full" } });
    await permit.dispose();
  });

  it("comes back with what others did to it meanwhile: opened", async () => {
    const { application, runtime } = applications();
    const [one, other] = [application(), application()].map((tide) => tide.gate("billing", OPENS_AT_ONCE));
    await one?.run(() => "done");
    await runtime.advance(AT_REST_MS);
    await other?.run(fails).catch(() => {});
    await runtime.advance(10_000);
    await expect(one?.run(() => "never")).rejects.toMatchObject({
      refusal: { gate: "billing", reason: "open", retryAfterMs: 20_000 },
    });
  });

  it("comes back with what others did to it meanwhile: opened, and closed again", async () => {
    const { application, runtime } = applications();
    const [one, other] = [application(), application()].map((tide) => tide.gate("billing", OPENS_AT_ONCE));
    await one?.run(() => "done");
    await runtime.advance(AT_REST_MS);
    await other?.run(fails).catch(() => {});
    await other?.reset(OPERATOR);
    expect(await one?.run(() => "in")).toBe("in");
    expect((await one?.view())?.totals.calls.request).toMatchObject({ success: 2, failure: 1 });
  });

  it("is shown with an operator's word that is in force", async () => {
    const { application, runtime } = applications();
    const tide = application();
    await tide.gate("billing").override({ mode: "observe", ttlMs: 30 * MINUTE_MS, ...OPERATOR });
    expect(standing(tide, "billing")?.forced).toBe("observe");
    await runtime.advance(5 * MINUTE_MS);
    expect(standing(tide, "billing")?.forced).toBe("observe");
  });
});

describe("a gate whose breaker is open", () => {
  async function opened() {
    const { adapter, messages } = watchedStore();
    const { application, runtime } = applications({}, adapter);
    const tide = application();
    const gate = tide.gate("billing", OPENS_AT_ONCE);
    await gate.run(fails).catch(() => {});
    return { tide, gate, runtime, messages };
  }

  it("does not come to rest before its time is over: it goes on refusing from memory", async () => {
    const { tide, gate, runtime, messages } = await opened();
    await runtime.advance(29_000);
    expect(standing(tide, "billing")?.breaker).toBe("open");
    const before = messages();
    for (let call = 0; call < 100; call++) void follow(gate.run(() => "never"));
    // One renewal, which tells of the refused.
    expect(messages() - before).toBeLessThanOrEqual(1);
    await expect(gate.run(() => "never")).rejects.toMatchObject({ refusal: { reason: "open", retryAfterMs: 1_000 } });
  });

  it("comes to rest and is given up like any other where nobody calls it any more", async () => {
    const { tide, runtime } = await opened();
    await runtime.advance(60 * MINUTE_MS);
    expect(tide.gates().map(({ gate }) => gate)).toEqual(["main"]);
    expect(runtime.pendingTimers()).toBe(0);
  });

  it("comes to rest once it is closed again", async () => {
    const { tide, gate, runtime } = await opened();
    await runtime.advance(30_000);
    for (let probe = 0; probe < 10; probe++) await gate.run(() => "fine");
    expect(standing(tide, "billing")?.breaker).toBe("closed");
    await runtime.advance(12 * MINUTE_MS);
    expect(tide.gates().map(({ gate: name }) => name)).toEqual(["main"]);
  });
});
