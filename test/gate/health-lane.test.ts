import { describe, expect, test } from "vitest";
import { PERMIT, refusal, TestGate } from "../support/gate.ts";
import { halfOpenGate, openGate, recover } from "../support/gate-breaker.ts";

const health = { lane: "health" } as const;

describe("the health lane", () => {
  test("passes an open breaker, so that health can see the database come back", () => {
    const { a } = openGate();
    expect(a.admit(health).reply).toMatchObject({ kind: "permit", probe: false });
  });

  test("passes an operator's force_open", () => {
    const gate = new TestGate();
    const a = gate.instance("a");
    a.operate("force_open");
    expect(a.admit(health).reply).toMatchObject(PERMIT);
  });

  test("is no probe while half-open, with its own deadline, and takes no probe's place", () => {
    const { a } = halfOpenGate();
    expect(a.admit({ ...health, deadlineMs: 99_000 }).reply).toMatchObject({ probe: false, deadlineMs: 99_000 });
    expect(a.admit().reply).toMatchObject({ probe: true });
  });

  test("passes while all probes are out", () => {
    const { a } = halfOpenGate();
    a.admit();
    expect(a.admit(health).reply).toMatchObject(PERMIT);
  });

  test("is bound by its own capacity, with no line to wait in", () => {
    const gate = new TestGate();
    const a = gate.instance("a");
    a.admit(health);
    expect(a.admit({ ...health, waitMs: 5_000 }).reply).toEqual(refusal("full", 5_000));
  });

  test("is not bound by the ramp", () => {
    const { gate, a } = halfOpenGate({ capacity: { request: 20, slow: 4, health: 2 } });
    recover(gate, a);
    expect(a.admits(2, health).map(({ reply }) => reply.kind)).toEqual(["permit", "permit"]);
  });

  test("is bound by adopting", () => {
    const gate = new TestGate({ adoptingMs: 2_000 });
    const a = gate.instance("a");
    expect(a.admit(health).reply).toEqual(refusal("adopting", 2_000));
  });

  test("is bound by spent", () => {
    const gate = new TestGate();
    const a = gate.instance("a");
    const call = a.admit(health);
    a.settle(call);
    expect(a.admit({ ...health, id: call.id }).reply).toEqual(refusal("spent", 0));
  });

  test("never votes, whatever it settles", () => {
    const gate = new TestGate({ windowCalls: 1, failureThreshold: 1, slowRate: 0 });
    const a = gate.instance("a");
    a.calls(5, "failure", { ...health, slow: true });
    a.calls(5, "success", { ...health, slow: true });
    expect(gate.core).toMatchObject({ state: "closed", lastFailureAt: 0, window: { calls: 0 } });
  });

  test("closes nothing while half-open", () => {
    const { gate, a } = halfOpenGate();
    a.calls(5, "success", health);
    expect(gate.core).toMatchObject({ state: "half_open", successes: 0 });
  });
});
