/** Several instances, a network that loses, delays, repeats and reorders, and a gate that must not mind. */
import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";
import type { Renewal, RenewalReply } from "../../../lib/gate/renewal.ts";
import { emptyGate, type GateState } from "../../../lib/gate/state.ts";
import { type Step, step } from "../../../lib/gate/step.ts";
import type { GateConfig } from "../../../lib/gate/types.ts";
import { renewalOf, START } from "../../support/gate.ts";
import { checkGate } from "../../support/gate-checks.ts";
import { type GateHome, homeOf, sortedSnapshot } from "../../support/gate-home.ts";
import type { Action, Known, Lying, Operating, Sending } from "./actions.ts";
import type { Coverage } from "./coverage.ts";
import { type Carried, ModelInstance } from "./instance.ts";
import { holdsBounds, look, type Seen } from "./invariants.ts";

/** Looks that cost as much as the whole state are taken every so many steps. */
const WHOLE_LOOK_STEPS = 32;
const PLAINLY = { spare: 0, jitter: 500, roundTripMs: 1, refused: 0 };
const NOTHING_KNOWN: Known = { openMs: 0, override: null };

/** Another home that goes through the same history. */
export interface Follower {
  /** After each renewal, with what the machine made of it. */
  follow(renewal: Renewal, now: number, done: Step, gate: GateState): void;
  /** The store loses everything it had. */
  forget(): void;
}

interface Underway {
  readonly from: ModelInstance;
  readonly carried: Carried;
}

export class Simulation {
  #gate: GateState = emptyGate();
  #home: GateHome = homeOf(this.#gate);
  #rules: GateConfig;
  #now = START;
  readonly #instances: ModelInstance[];
  readonly #knowledge: readonly Known[];
  #names = 0;
  #underway: Underway[] = [];
  #heard: Underway[] = [];
  readonly #coverage: Coverage;
  readonly #follower: Follower | undefined;

  constructor(rules: GateConfig, knowledge: readonly Known[], coverage: Coverage, follower?: Follower) {
    this.#follower = follower;
    this.#rules = rules;
    this.#knowledge = knowledge;
    this.#coverage = coverage;
    this.#instances = knowledge.map((known) => this.#newborn(known));
  }

  act(action: Action): void {
    if (action.kind === "wait") this.#now += action.ms;
    else if (action.kind === "demand") this.#instance(action.who).demand(this.#now, action.lane, action.calls);
    else if (action.kind === "end") this.#instance(action.who).end(action);
    else if (action.kind === "renew") this.#exchange(this.#carry(action));
    else if (action.kind === "send") this.#underway.push(this.#carry(action));
    else if (action.kind === "lie") this.#lie(action);
    else if (action.kind === "everybody") this.#everybody(action.who);
    else if (action.kind === "deliver") this.#deliver(action.pick, action.agoMs, action.repeated);
    else if (action.kind === "again") this.#again(action.pick);
    else if (action.kind === "lose") this.#underway.splice(action.pick % Math.max(1, this.#underway.length), 1);
    else if (action.kind === "operate") this.#operate(action);
    else if (action.kind === "look") this.#instance(action.who).says({ kind: "view" });
    else if (action.kind === "ping") this.#instance(action.who).pings(action.ok);
    else if (action.kind === "open") this.#instance(action.who).tellsOpen();
    else if (action.kind === "leave") this.#leave(action.who);
    else if (action.kind === "die") this.#instances[action.who] = this.#newborn(this.#knowledge[action.who]);
    else if (action.kind === "forget") this.#forget();
    else if (action.kind === "change") this.#rules = { ...this.#rules, ...action.rules };
  }

  /** Everybody stops: what is left must go away by itself. */
  fallsSilent(): void {
    this.#now = Math.max(this.#now, this.#gate.core?.clock ?? 0) + 4_000_000_000;
    this.#apply(renewalOf("stranger"));
    const { sessions, core } = this.#gate;
    expect([sessions.size, core?.permits, core?.owed, core?.override, core?.active, core?.probes]).toEqual([
      0,
      { request: 0, slow: 0, health: 0 },
      { request: 0, slow: 0, health: 0 },
      null,
      0,
      0,
    ]);
    expect(core?.state).not.toBe("open");
    this.#wholeLook();
  }

  #newborn(known: Known = NOTHING_KNOWN): ModelInstance {
    return new ModelInstance(`i-${this.#names++}`, known);
  }

  #instance(who: number): ModelInstance {
    return this.#instances[who] as ModelInstance;
  }

  #carry(sending: Sending, leaves = false): Underway {
    const from = this.#instance(sending.who);
    return { from, carried: from.renewal(this.#now, sending, leaves) };
  }

  #exchange(underway: Underway): void {
    underway.from.hear(this.#apply(underway.carried));
    this.#heard.push(underway);
    if (this.#heard.length > 20) this.#heard.shift();
  }

  #lie(lying: Lying): void {
    const { from, carried } = this.#carry({ who: lying.who, ...PLAINLY });
    this.#exchange({ from, carried: from.lie(carried, lying, this.#gate.core?.life ?? 1) });
  }

  #everybody(first: number): void {
    for (const n of this.#instances.keys()) {
      this.#exchange(this.#carry({ who: (first + n) % this.#instances.length, ...PLAINLY }));
    }
  }

  #deliver(pick: number, agoMs: number, repeated: boolean): void {
    const at = pick % Math.max(1, this.#underway.length);
    const underway = this.#underway[at];
    if (!underway) return;
    if (!repeated) this.#underway.splice(at, 1);
    this.#exchange({ ...underway, carried: { ...underway.carried, agoMs } });
  }

  /** What was answered before, and whose answer nobody heard. */
  #again(pick: number): void {
    const underway = this.#heard[pick % Math.max(1, this.#heard.length)];
    if (underway) this.#apply(underway.carried);
  }

  #operate({ who, mode, ttlMs, expected, opId }: Operating): void {
    const instance = this.#instance(who);
    const versions = { none: null, current: instance.overrideVersion, stale: 1 };
    const by = { actor: "ann", reason: opId % 5 === 0 ? "half a pair \udc00" : "drill" };
    instance.says({ kind: "operate", opId: `o${opId}`, mode, ttlMs, expectedVersion: versions[expected], ...by });
  }

  #leave(who: number): void {
    const { calls } = this.#instance(who);
    if (who % 2 === 0) Object.assign(calls, { request: 0, slow: 0, health: 0 });
    this.#exchange(this.#carry({ who, ...PLAINLY }, true));
  }

  /** The store loses everything it had; its clock does not. */
  #forget(): void {
    this.#now = Math.max(this.#now, (this.#gate.core?.clock ?? 0) + 1);
    this.#gate = emptyGate();
    this.#home = homeOf(this.#gate);
    this.#follower?.forget();
  }

  #apply(carried: Carried): RenewalReply {
    const renewal: Renewal = { ...carried, config: this.#rules };
    const before: Seen = look(this.#gate);
    const done = step(this.#gate, renewal, this.#now);
    this.#home.store(done.touched);
    holdsBounds(renewal, before, this.#gate, done.reply);
    this.#coverage.count(renewal, this.#now, before, this.#gate, done);
    this.#follower?.follow(renewal, this.#now, done, this.#gate);
    if (this.#coverage.steps % WHOLE_LOOK_STEPS === 0) this.#wholeLook();
    return done.reply;
  }

  #wholeLook(): void {
    checkGate(this.#gate, this.#home);
    const saved = sortedSnapshot(this.#gate);
    const plain = JSON.parse(JSON.stringify(saved));
    if (!isDeepStrictEqual(saved, plain)) expect(saved).toEqual(plain);
  }
}
