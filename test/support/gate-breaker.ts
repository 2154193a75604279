/** Bringing a gate's breaker where a scenario begins. */

import type { GateConfig } from "../../lib/gate/types.ts";
import { type Call, type Instance, TestGate } from "./gate.ts";

export function openGate(rules: Partial<GateConfig> = {}): { gate: TestGate; a: Instance; b: Instance } {
  const gate = new TestGate(rules);
  const [a, b] = [gate.instance("a"), gate.instance("b")];
  b.sends([]);
  breakDown(gate, a);
  return { gate, a, b };
}

/** As many failures as it takes. */
export function breakDown(gate: TestGate, by: Instance): void {
  by.calls(Math.max(gate.rules.windowCalls, gate.rules.failureThreshold), "failure");
  if (gate.breaker !== "open") throw new Error(`breakDown: expected an open breaker, found ${gate.breaker}`);
}

export function halfOpenGate(rules: Partial<GateConfig> = {}): { gate: TestGate; a: Instance; b: Instance } {
  const opened = openGate(rules);
  waitForHalfOpen(opened.gate);
  return opened;
}

export function waitForHalfOpen(gate: TestGate): void {
  gate.now = gate.core.openUntil;
}

/** Successful probes until the breaker closes. */
export function recover(gate: TestGate, by: Instance): void {
  by.calls(gate.rules.successesToClose, "success");
  if (gate.breaker !== "closed") throw new Error(`recover: expected a closed breaker, found ${gate.breaker}`);
}

/** One probe that fails, and the wait for the next half-open state. */
export function failProbe(gate: TestGate, by: Instance): void {
  by.settle(by.admit(), "failure");
  waitForHalfOpen(gate);
}

export const idsOf = (calls: readonly Call[]): string[] => calls.map(({ id }) => id);
