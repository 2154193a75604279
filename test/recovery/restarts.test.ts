import { describe, expect, test } from "vitest";
import { memory } from "../../lib/store/memory.ts";
import type { Store, StoreLog } from "../../lib/store/port.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { follow } from "../support/guarded.ts";
import { eventually } from "../support/processes.ts";
import { AUTO, ORDER, passing, type RestartSceneOptions, restartScene } from "../support/restart-scene.ts";

const OVERRIDE = { ...ORDER, override: { reason: "the pool is wedged" } };

function scene(options: RestartSceneOptions = {}) {
  const runtime = manualRuntime();
  const made = restartScene(memory(), runtime, options);
  const one = made.instance();
  const audited = async () => (await one.audit.read(undefined, 50)).toReversed();
  return { ...made, ...one, runtime, audited };
}

describe("a restart", () => {
  test("is written down before it is fired, and what became of it afterwards", async () => {
    let known: readonly object[] = [];
    const made = scene({
      fire: async () => {
        known = await made.audited();
        return { id: "d1", url: null, status: "QUEUED" };
      },
    });
    const answer = await made.restarts.request(ORDER);
    expect(answer).toMatchObject({ kind: "accepted", restart: { phase: "executed", deployment: { id: "d1" } } });
    expect(known).toMatchObject([
      {
        action: "restart",
        actor: "ada",
        ip: "192.0.2.1",
        user_agent: "test",
        request_id: "q1",
        decision: "allowed",
        policy_state: "allowed",
        outcome: "pending",
        reason: "it hangs",
      },
    ]);
    expect(await made.audited()).toMatchObject([
      { outcome: "pending" },
      { action: "restart.outcome", outcome: "executed" },
    ]);
  });

  test("that is refused is written down too, with why", async () => {
    const { restarts, audited, fired } = scene();
    await restarts.request(ORDER);
    expect(await restarts.request(ORDER)).toMatchObject({ kind: "refused", because: "cooldown", retryAfterMs: 60_000 });
    expect((await audited()).at(-1)).toMatchObject({
      decision: "cooldown",
      policy_state: "cooldown",
      outcome: "refused",
    });
    expect(fired).toHaveLength(1);
  });

  test("that is refused to a watchdog is a line of the log, not of the audit", async () => {
    const { restarts, audited, events } = scene();
    await restarts.request(ORDER);
    const before = await audited();
    expect(await restarts.request(AUTO)).toMatchObject({ kind: "refused", because: "cooldown" });
    expect(await audited()).toEqual(before);
    expect(events).toContainEqual({ event: "restart.refused", fields: { actor: "watchdog", because: "cooldown" } });
  });

  test("that passes the policy says by what word", async () => {
    const { restarts, audited } = scene();
    await restarts.request(ORDER);
    expect(await restarts.request(OVERRIDE)).toMatchObject({ kind: "accepted", overridden: true });
    expect((await audited()).at(-2)).toMatchObject({
      decision: "manual_override",
      policy_state: "cooldown",
      override_reason: "the pool is wedged",
    });
  });

  test("does not happen where it cannot be written down, and leaves no trace in the budget", async () => {
    const away: StoreLog = {
      append: () => Promise.reject(new Error("the disk is full")),
      read: () => [],
    };
    const { restarts, ledger, fired } = scene({ spoil: () => ({ records: away }) });
    expect(await restarts.request(ORDER)).toEqual({ kind: "unavailable", missing: "audit" });
    expect(fired).toEqual([]);
    const { view } = await ledger.send({ kind: "look" });
    expect(view).toMatchObject({
      policy: { state: "allowed", attemptsInWindow: 0 },
      history: [{ phase: "abandoned" }],
    });
  });

  test("does not happen where nobody can decide it", async () => {
    const silent = (store: Store): { store: Store } => ({ store: { ...store, transact: () => new Promise(() => {}) } });
    const { restarts, runtime, fired, audited } = scene({ spoil: silent });
    const asked = follow(restarts.request(ORDER));
    await runtime.advance(5_000);
    expect(asked.result()?.value).toEqual({ kind: "unavailable", missing: "ledger" });
    expect([fired, await audited()]).toEqual([[], []]);
  });

  test("that fails counts, and says what the platform said", async () => {
    const { restarts, ledger, audited } = scene({ fire: () => Promise.reject(new Error("the platform answered 500")) });
    expect(await restarts.request(ORDER)).toMatchObject({
      kind: "failed",
      restart: { phase: "failed" },
      error: "the platform answered 500",
    });
    const { view } = await ledger.send({ kind: "look" });
    expect(view.policy).toMatchObject({ state: "cooldown", attemptsInWindow: 1 });
    expect(view.history).toMatchObject([{ failure: "the platform answered 500" }]);
    expect((await audited()).at(-1)).toMatchObject({ action: "restart.outcome", outcome: "failed" });
  });

  test("whose platform says nothing ends, and gives up asking it", async () => {
    const { promise: firing, resolve } = Promise.withResolvers<void>();
    const silent = () => {
      resolve();
      return new Promise<never>(() => {});
    };
    const { restarts, runtime, fired } = scene({ fire: silent });
    const asked = restarts.request(ORDER);
    await firing;
    await runtime.advance(20_000);
    expect(await asked).toMatchObject({ kind: "failed", restart: { phase: "failed" } });
    expect(fired[0]?.signal.aborted).toBe(true);
  });

  test("of a process that died between audit and hook is on record as what it is", async () => {
    // It dies when it is about to say that it fires.
    const dying = (store: Store): { store: Store } => {
      let asked = 0;
      const transact: Store["transact"] = (...batch) =>
        ++asked === 1 ? store.transact(...batch) : new Promise(() => {});
      return { store: { ...store, transact } };
    };
    const made = scene({ spoil: dying });
    void made.restarts.request(ORDER);
    await eventually("the audit", async () => (await made.audited()).length > 0);
    await made.runtime.advance(16_000);
    expect(made.fired).toEqual([]);
    expect((await made.audited())[0]).toMatchObject({ action: "restart", outcome: "pending" });
    const healthy = restartScene({ kind: "memory", address: "", open: () => made.store }, made.runtime).instance();
    const { view } = await healthy.ledger.send({ kind: "look" });
    expect(view).toMatchObject({ history: [{ phase: "abandoned" }], policy: { attemptsInWindow: 0 } });
  });
});

describe("two watchdogs and three operators", () => {
  test("who ask at the same moment make one restart, 200 times, and the others hear why not", async () => {
    const { runtime, fired, instance, store } = scene({
      rules: { retryBudget: 50, churnThreshold: 50, windowMs: 1_000 },
    });
    const instances = Array.from({ length: 5 }, instance);
    const now = async () => (await instances[0]?.ledger.send({ kind: "look" }))?.view.at ?? 0;
    for (let round = 1; round <= 200; round++) {
      await runtime.advance(200_000);
      const orders = [AUTO, AUTO, ORDER, ORDER, ORDER].map((order) => ({ ...order }));
      const evidence = { since: await now(), forMs: 0 };
      const asked = instances.map(({ restarts }, at) => restarts.request({ ...(orders[at] ?? ORDER), evidence }));
      const answers = await passing(runtime, Promise.all(asked));
      expect(fired).toHaveLength(round);
      const kinds = answers.map((answer) => (answer.kind === "refused" ? answer.because : answer.kind)).sort();
      expect(kinds).toEqual(["accepted", ...Array<string>(4).fill("in_progress")]);
    }
    expect(new Set(fired.map(({ id }) => id)).size).toBe(200);
    await store.close();
  });
});
