/** Two applications, or two versions of one, that say different things about one gate of one store. */
import { describe, expect, it } from "vitest";
import type { GateOptions } from "../../lib/tidegate.ts";
import { farStore, turn } from "../support/far-store.ts";
import { follow, heldCall, UNTIL_SILENT_MS } from "../support/guarded.ts";
import { applications } from "../support/own-gates.ts";

const MINUTE_MS = 60_000;

/** Each application says its part and calls the gate. */
async function saying(...options: (GateOptions | undefined)[]) {
  const { application, runtime, told } = applications();
  const gates = options.map((said) => application().gate("billing", said));
  for (const gate of gates) {
    void follow(gate.run(() => "done"));
    // By then nobody holds anything any more.
    await runtime.advance(UNTIL_SILENT_MS);
  }
  return { gates, runtime, told: () => told("gate.options_differ") };
}

describe("different options for one gate", () => {
  it("are a warning with both, once, of the application that came later", async () => {
    const { gates, runtime, told } = await saying({ capacity: 1 }, { capacity: 3, isFailure: () => true });
    const fields = { gate: "billing", theirs: '{"capacity":1}', ours: '{"capacity":3,"isFailure":"a function"}' };
    expect(told()).toMatchObject([{ level: "warn", fields }]);
    for (let call = 0; call < 5; call++) {
      for (const gate of gates) await gate.run(() => "done");
      await runtime.advance(MINUTE_MS);
    }
    expect(told()).toHaveLength(1);
  });

  it("hold each for the calls of who said them", async () => {
    const { gates } = await saying({ capacity: 1, waitMs: 0 }, { capacity: 3, waitMs: 0 });
    const begins = async (at: number) => {
      const held = heldCall();
      const asked = follow(gates[at]?.run(held.hold) ?? Promise.reject());
      await turn();
      return held.started() ? "runs" : asked.result()?.error;
    };
    // One by the narrow rules, and by the wide ones what that leaves of three.
    expect([await begins(0), await begins(1), await begins(1)]).toEqual(["runs", "runs", "runs"]);
    const full = { refusal: { reason: "full" } };
    expect([await begins(1), await begins(0)]).toMatchObject([full, full]);
  });

  it.each<[string, GateOptions | undefined, GateOptions | undefined]>([
    ["the same values", { capacity: 2, breaker: { probes: 1 } }, { capacity: 2, breaker: { probes: 1 } }],
    ["the same values in another order", { capacity: 2, waitMs: 5 }, { waitMs: 5, capacity: 2 }],
    ["one more, which is undefined", { capacity: 2 }, { capacity: 2, waitMs: undefined }],
    ["functions, of which no two are the same", { isFailure: () => true }, { isFailure: () => true }],
    ["nothing in one of them", { capacity: 2 }, undefined],
    ["nothing in both", undefined, undefined],
  ])("are none where both say %s", async (_, one, other) => {
    expect((await saying(one, other)).told()).toEqual([]);
  });

  it("are told again by the next one that differs, and not by one that says what the last one said", async () => {
    const { told } = await saying({ capacity: 1 }, { capacity: 2 }, { capacity: 2 }, { capacity: 1 });
    expect(told().map(({ fields }) => [fields.theirs, fields.ours])).toEqual([
      ['{"capacity":1}', '{"capacity":2}'],
      ['{"capacity":2}', '{"capacity":1}'],
    ]);
  });

  it("are compared in the background: a store that keeps no values lets calls in all the same", async () => {
    const far = farStore();
    const broken = () => Promise.reject(new Error("no values here"));
    const open: typeof far.adapter.open = (runtime) => ({
      ...far.adapter.open(runtime),
      kv: { get: broken, set: broken },
    });
    const { application, runtime, told } = applications({}, { ...far.adapter, open });
    const called = follow(
      application()
        .gate("billing", { capacity: 1 })
        .run(() => "in"),
    );
    await far.pass(runtime, 100);
    expect(called.result()).toEqual({ value: "in" });
    expect(told("gate.options_differ")).toEqual([]);
  });
});
