import { describe, expect, test } from "vitest";
import { snapshot } from "../../lib/gate/snapshot.ts";
import { emptyGate } from "../../lib/gate/state.ts";
import { firstOpening, LIFE, permits, START, scene, TestGate } from "../support/gate.ts";
import { openGate } from "../support/gate-breaker.ts";

describe("a life (Rule 1)", () => {
  test("begins with the first renewal, by the store's milliseconds, which number it", () => {
    const gate = new TestGate({}, emptyGate());
    expect(gate.core).toMatchObject({ life: START, generation: START, overrideVersion: START, state: "closed" });
    expect(gate.events).toEqual([{ kind: "life", at: START, life: START }]);
  });

  test("goes on while the clock falls back ten seconds or less: time stands still", () => {
    const { gate, a } = scene();
    a.needs(1);
    gate.passes(-10_000);
    expect(gate.core).toMatchObject({ life: LIFE, clock: START, permits: { request: 1 } });
    gate.passes(10_000 + 68_999);
    expect(gate.core.permits.request).toBe(1);
    gate.passes(1);
    expect(gate.core.permits.request).toBe(0);
  });

  test("ends when the clock falls back further: empty but for its numbers, and those grow", () => {
    const { gate, a } = openGate(permits(1));
    a.operates("force_closed");
    a.needs(5);
    const { life, generation, overrideVersion } = gate.core;
    gate.passes(-70_001);
    const { core } = gate;
    expect(core).toMatchObject({ life: life + 1, clock: START - 70_001, state: "closed", override: null });
    expect(core).toMatchObject({ generation: generation + 1, overrideVersion: overrideVersion + 1, active: 0 });
    const { core: _, ...rest } = snapshot(gate.state);
    const { core: __, ...empty } = snapshot(emptyGate());
    expect(rest).toEqual(empty);
    expect(a.sends().reply).toMatchObject({ known: false, life: life + 1 });
  });

  test("takes the clock for its mark and its numbers where that is larger", () => {
    const gate = new TestGate();
    gate.passes(600_000);
    expect(gate.core.clock).toBe(START + 600_000);
    gate.passes(-300_000);
    expect(gate.core).toMatchObject({ life: START + 300_000, generation: START + 300_000 });
  });
});

describe("the first two seconds of a life (Rule 14)", () => {
  /** A store that has just lost everything, or never had anything. */
  const fresh = (rules = {}) => new TestGate({ ...permits(10), ...rules }, emptyGate());

  test("grant an instance its share at most, by the instances that are there", () => {
    const gate = fresh();
    const fleet = gate.instances(4);
    expect(fleet.map((by) => by.needs(20).permits)).toEqual([10, 0, 0, 0]);
    const other = fresh();
    const told = other.instances(4);
    for (const by of told) by.renews();
    expect(told.map((by) => by.needs(20).permits)).toEqual([2, 2, 2, 2]);
  });

  test("or by as many as the sender expects, where those are more", () => {
    const fleet = fresh({ expectedInstances: 5 }).instances(3);
    expect(fleet.map((by) => by.needs(20, { want: 30 }).permits)).toEqual([2, 2, 2]);
  });

  test("grant one at least, where instances outnumber permits", () => {
    const fleet = fresh({ expectedInstances: 100 }).instances(11);
    expect(fleet.map((by) => by.needs(2).permits)).toEqual([...Array(10).fill(1), 0]);
  });

  test("hold each lane by itself, and the share may be filled by what was adopted", () => {
    const gate = fresh({ expectedInstances: 2, ...permits(10, 4) });
    gate.send("stranger");
    const a = gate.instance("a", firstOpening(START));
    a.running.request = Array(4).fill({ generation: 0, probe: false });
    expect(a.needs(9).permits).toBe(5);
    expect(a.needs(9, { lane: "slow" }).permits).toBe(2);
  });

  test("are over after two seconds: whoever needs more gets it", () => {
    const gate = fresh({ expectedInstances: 5 });
    const a = gate.instance("a");
    expect(a.needs(20).permits).toBe(2);
    gate.passes(1_999);
    expect(a.renews().lanes.request.permits).toBe(2);
    gate.passes(1);
    expect(a.renews().lanes.request.permits).toBe(10);
  });

  test("never see a fresh fleet above the capacity, in whatever order its instances come", () => {
    const gate = fresh({ expectedInstances: 3 });
    const fleet = gate.instances(9);
    for (let round = 0; round < 12; round++) {
      for (const by of round % 2 ? fleet : fleet.toReversed()) {
        by.needs(by.running.request.length + 3, { want: 9 });
        expect(gate.core.permits.request).toBeLessThanOrEqual(10);
      }
      gate.passes(250);
    }
    expect(gate.core.permits.request).toBe(10);
  });
});
