/** A gate, a clock set by hand, and instances that renew: enough to tell a scenario in a few words. */
import type { GateEvent, TransitionCause } from "../../lib/gate/events.ts";
import type { Push, PushMessage, Renewal } from "../../lib/gate/renewal.ts";
import { type Core, emptyGate, type GateState } from "../../lib/gate/state.ts";
import { type Step, step } from "../../lib/gate/step.ts";
import type { BreakerState, GateConfig } from "../../lib/gate/types.ts";
import { checkGate } from "./gate-checks.ts";
import { homeOf } from "./gate-home.ts";
import { Instance } from "./gate-instance.ts";
import { firstOpening, type Introduction, LIFE, RULES, renewalOf, START } from "./gate-renewal.ts";

export * from "./gate-renewal.ts";
export type { Instance };

export class TestGate {
  readonly state: GateState;
  readonly events: GateEvent[] = [];
  /** Of the last step. */
  pushes: readonly Push[] = [];
  rules: GateConfig;
  jitter = 0;
  now: number;
  readonly #home: ReturnType<typeof homeOf>;

  constructor(rules: Partial<GateConfig> = {}, state: GateState = longLiving()) {
    this.rules = { ...RULES, ...rules };
    this.state = state;
    this.now = Math.max(START, state.core?.clock ?? 0);
    this.#home = homeOf(state);
  }

  /** Moves the clock; what falls due happens with the next renewal, or when somebody looks. */
  passes(ms: number): void {
    this.now += ms;
  }

  /** Applies a renewal, and holds what is true of every step. */
  send(session: string, said: Partial<Renewal> = {}): Step {
    const { jitter, rules: config } = this;
    const done = step(this.state, renewalOf(session, { jitter, config, ...said }), this.now);
    this.events.push(...done.events);
    this.pushes = done.push;
    this.#home.store(done.touched);
    checkGate(this.state, this.#home);
    return done;
  }

  /** Who was told that, by the last step. */
  told(message: PushMessage): (string | null)[] {
    return this.pushes.filter((push) => push.message === message).map(({ session }) => session);
  }

  /** The core once time has passed: a stranger's renewal lets it pass and changes nothing else. */
  get core(): Core {
    this.send("stranger");
    if (!this.state.core) throw new Error("a gate: expected a life after a renewal, found none");
    return this.state.core;
  }

  get breaker(): BreakerState {
    return this.core.state;
  }

  get sessions(): string[] {
    return [...(this.core && this.state.sessions.keys())];
  }

  get causes(): TransitionCause[] {
    return this.events.flatMap((event) => (event.kind === "transition" ? [event.cause] : []));
  }

  instance(session: string, opens: Introduction = firstOpening()): Instance {
    return new Instance(this, session, opens);
  }

  /** Instances by name, a, b, c and so on. */
  instances(count: number): Instance[] {
    return Array.from({ length: count }, (_, n) => this.instance(String.fromCharCode(97 + n)));
  }
}

/** A gate, and instances of which nobody has heard yet. */
export function scene(rules: Partial<GateConfig> = {}, state?: GateState) {
  const gate = new TestGate(rules, state);
  const named = (name: string) => gate.instance(name);
  return { gate, a: named("a"), b: named("b"), c: named("c"), d: named("d"), e: named("e") };
}
export type Scene = ReturnType<typeof scene>;

/** Of capacity so many in the lane of most scenarios. */
export const permits = (request: number, slow = 4): Pick<GateConfig, "capacity"> => ({
  capacity: { request, slow, health: 1 },
});

function longLiving(): GateState {
  const gate = emptyGate();
  step(gate, renewalOf("stranger"), LIFE);
  return gate;
}
