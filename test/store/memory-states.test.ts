/** What the memory store keeps, and for how long: gates come and go in a process that stays. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { gateMachine } from "../../lib/gate/machine.ts";
import type { Renewal } from "../../lib/gate/renewal.ts";
import type { GateState } from "../../lib/gate/state.ts";
import type { Step } from "../../lib/gate/step.ts";
import { InvalidRenewal } from "../../lib/gate/validate.ts";
import { memory } from "../../lib/store/memory.ts";
import type { Machine } from "../../lib/store/port.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { counter } from "../support/machines.ts";
import { Caller, CONFIG, renewalOf } from "./caller.ts";

const GATES = 20_000;
const KEPT_MS = 600_000;
const DAY_MS = 86_400_000;
const RULES = { keptMs: KEPT_MS };

function scene() {
  const runtime = manualRuntime();
  const store = memory().open(runtime);
  /** Of all gates that there ever were. */
  const states: WeakRef<GateState>[] = [];
  const watched: Machine<GateState, Renewal, Step> = {
    ...gateMachine,
    empty: () => {
      const state = gateMachine.empty();
      states.push(new WeakRef(state));
      return state;
    },
  };
  const uses = (key: string, n = 1) =>
    store.transact(watched, key, renewalOf("a", { n, config: { ...CONFIG, ...RULES } })) as Step;
  /** What nothing holds any more is collected. */
  const left = async () => {
    // What a turn has looked at through a weak reference lives until its end.
    await new Promise((resolve) => setTimeout(resolve, 0));
    setFlagsFromString("--expose-gc");
    runInNewContext("gc")();
    return states.filter((state) => state.deref() !== undefined).length;
  };
  return { runtime, store, uses, left };
}

describe("the memory store", () => {
  test("gives up 20,000 gates that were used once each, while another is in use, which it keeps", async () => {
    const { runtime, uses, left } = scene();
    const { life } = uses("in use").reply;
    for (let n = 0; n < GATES; n++) uses(`gate ${n}`);
    expect(await left()).toBe(GATES + 1);
    const { keptUntil } = uses("gate 0", 2);
    for (let n = 2; runtime.wallMs() < keptUntil; n++) {
      runtime.stall(10_000);
      uses("in use", n);
    }
    // A thousand at a time.
    for (let n = 1_000; n < 1_002 + GATES / 1_000; n++) {
      runtime.stall(10_000);
      uses("in use", n);
    }
    expect(uses("in use", 2_000).reply).toMatchObject({ known: true, life });
    expect(await left()).toBe(1);
  });

  test("keeps few of those that are over, however fast new ones come", async () => {
    const { runtime, uses, left } = scene();
    for (let burst = 0; burst < 8; burst++) {
      for (let n = 0; n < GATES / 8; n++) uses(`gate ${burst}.${n}`);
      runtime.stall(2 * KEPT_MS);
    }
    // Those of the last burst, and of the one before as many as its own had not come round to.
    expect(await left()).toBeLessThanOrEqual((GATES / 8) * 2);
  });

  test("forgets a gate at rest at its time, not before, and never one in use", async () => {
    const { runtime, store, uses } = scene();
    const gate = new Caller(store, "at rest", "a", RULES);
    const { life } = await gate.sends();
    await gate.fails();
    const { keptUntil } = uses("at rest", 99);
    runtime.stall(keptUntil - runtime.wallMs() - 1);
    expect((await gate.sends()).life).toBe(life);
    for (let quarter = 0; quarter < 40; quarter++) {
      runtime.stall(KEPT_MS / 4);
      expect((await gate.sends()).life).toBe(life);
    }
    const last = uses("at rest", 999).keptUntil;
    runtime.stall(last - runtime.wallMs() - 1);
    // It looks around then, and not again a moment later.
    uses("another");
    runtime.stall(1);
    expect((await new Caller(store, "at rest", "b", RULES).views()).totals.renewals).toBe(1);
  });

  test("keeps nothing of a message that was refused", async () => {
    const { store, left, uses } = scene();
    for (let n = 0; n < 100; n++) expect(() => uses(`gate ${n}`, -1)).toThrow(InvalidRenewal);
    for (let n = 0; n < 100; n++) await store.transact(counter, `counter ${n}`, 1);
    expect(await left()).toBe(0);
  });

  test("keeps the state of a machine that names no end", async () => {
    const { runtime, store } = scene();
    await store.transact(counter, "counter", 1);
    runtime.stall(1_000 * DAY_MS);
    for (let n = 0; n < 100; n++) await store.transact(counter, `another ${n}`, 1);
    expect(await store.transact(counter, "counter", 0)).toMatchObject({ sum: 1 });
  });
});
