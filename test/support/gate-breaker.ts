/** Bringing a gate's breaker where a scenario begins. */
import type { GateConfig, Outcome } from "../../lib/gate/types.ts";
import { type Instance, type Scene, scene, type TestGate } from "./gate.ts";

export function openGate(rules: Partial<GateConfig> = {}): Scene {
  const opened = scene(rules);
  opened.b.renews();
  breakDown(opened.gate, opened.a);
  return opened;
}

/** As many failures as it takes. */
export function breakDown(gate: TestGate, by: Instance, how: { retryAfterMs?: number } = {}): void {
  by.calls(Math.max(gate.rules.windowCalls, gate.rules.failureThreshold), "failure", how);
  if (gate.breaker !== "open") throw new Error(`breakDown: expected an open breaker, found ${gate.breaker}`);
}

export function halfOpenGate(rules: Partial<GateConfig> = {}): Scene {
  const opened = openGate(rules);
  waitForHalfOpen(opened.gate);
  return opened;
}

export function waitForHalfOpen(gate: TestGate): void {
  gate.now = gate.core.openUntil;
}

/** One call beyond what runs, as a probe, to its end. */
export function probe(
  by: Instance,
  outcome: Outcome,
  how: { slow?: boolean; lane?: "request" | "slow"; retryAfterMs?: number } = {},
): void {
  const { lane = "request" } = how;
  by.needs(by.running[lane].length + 1, { lane });
  const last = by.running[lane].at(-1);
  if (!last?.probe) throw new Error(`${by.session}: expected a probe, found ${last ? "a permit" : "nothing"}`);
  by.ends(1, outcome, { ...how, last: true });
}

/** Successful probes until the breaker closes. */
export function recover(gate: TestGate, by: Instance): void {
  for (let n = 0; n < gate.rules.successesToClose; n++) probe(by, "success");
  if (gate.breaker !== "closed") throw new Error(`recover: expected a closed breaker, found ${gate.breaker}`);
}

/** How long the open period is that a failing probe begins now; waits for its end. */
export function afterFailedProbe({ gate, a }: Scene): number {
  probe(a, "failure");
  const length = gate.core.openUntil - gate.now;
  waitForHalfOpen(gate);
  return length;
}

/** One probe that fails, and the wait for the next half-open state. */
export function failProbe(gate: TestGate, by: Instance): void {
  probe(by, "failure");
  waitForHalfOpen(gate);
}

/** Good pings, 5 s apart. */
export function pingsGood(gate: TestGate, by: Instance, count: number): void {
  for (let n = 0; n < count; n++) {
    gate.passes(5_000);
    by.pings();
  }
}
