/** Several instances, a network that loses, delays, repeats and reorders, and a gate that must not mind. */
import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";
import type { Adopt, Batch } from "../../../lib/gate/commands.ts";
import type { BatchReply, GateView, Reply } from "../../../lib/gate/replies.ts";
import { emptyGate, type GateState } from "../../../lib/gate/state.ts";
import { type Step, step } from "../../../lib/gate/step.ts";
import type { GateConfig } from "../../../lib/gate/types.ts";
import { START } from "../../support/gate.ts";
import { homeOf, sortedSnapshot } from "../../support/gate-home.ts";
import type { Action, Operating, Sending, Voting } from "./actions.ts";
import type { Coverage } from "./coverage.ts";
import { type Carried, ModelInstance } from "./instance.ts";
import { consistent, portable, recounted, Watch } from "./invariants.ts";
import { Reference } from "./reference.ts";

type Known = Pick<Adopt, "openMs" | "override">;
const NOTHING: Known = { openMs: null, override: null };
/** Looks that cost as much as the whole state are taken every so many steps. */
const WHOLE_LOOK_STEPS = 16;

/** Another home that goes through the same history. */
export interface Follower {
  /** After each batch, with what the machine made of it. */
  follow(batch: Batch, now: number, done: Step, gate: GateState): void;
  /** The store loses everything it had. */
  forget(): void;
}

export class Simulation {
  #gate: GateState = emptyGate();
  #home = homeOf(this.#gate);
  #reference = new Reference();
  #watch = new Watch();
  #rules: GateConfig;
  #now = START;
  #instances: ModelInstance[];
  readonly #knowledge: readonly Known[];
  #names = 0;
  #underway: Carried[] = [];
  #answers: { carried: Carried; reply: BatchReply }[] = [];
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
    else if (action.kind === "call") this.#instance(action.who).call(this.#now, action);
    else if (action.kind === "end") this.#instance(action.who).end(action.pick, action.outcome, action.slow);
    else if (action.kind === "exchange") this.#exchange(this.#carry(action));
    else if (action.kind === "everybody") this.#everybody(action.who);
    else if (action.kind === "vote") this.#vote(action);
    else if (action.kind === "send") this.#underway.push(this.#carry(action));
    else if (action.kind === "deliver") this.#deliver(action.pick, action.repeated);
    else if (action.kind === "lose") this.#underway.splice(action.pick % Math.max(1, this.#underway.length), 1);
    else if (action.kind === "answer") this.#answer(action.pick);
    else if (action.kind === "operate") this.#operate(action);
    else if (action.kind === "look") this.#instance(action.who).also({ kind: "view" });
    else if (action.kind === "claim") this.#claim(action.who, action.number);
    else if (action.kind === "forget") this.#forget();
    else if (action.kind === "die") this.#instances[action.who] = this.#newborn(this.#knowledge[action.who]);
    else this.#rules = { ...this.#rules, ...action.rules };
  }

  /** Everybody stops: what is left must go away by itself. */
  fallsSilent(): void {
    this.#now = Math.max(this.#now, this.#gate.core?.clock ?? 0) + 4_000_000_000;
    this.#apply({ session: "stranger", opens: null, doneBelow: 0, jitter: 0, refusedLocally: 0, commands: [] });
    const { permits, tickets, sessions, core } = this.#gate;
    expect([permits.size, tickets.size, sessions.size, core?.override]).toEqual([0, 0, 0, null]);
    expect(core?.state).not.toBe("open");
    this.#wholeLook();
  }

  #newborn(known = NOTHING): ModelInstance {
    return new ModelInstance(`i${this.#names++}`, known);
  }

  #instance(who: number): ModelInstance {
    return this.#instances[who] as ModelInstance;
  }

  #carry({ who, jitter, refused }: Sending): Carried {
    return this.#instance(who).batch(this.#now, jitter, refused);
  }

  #exchange(carried: Carried): void {
    carried.from.hear(this.#now, carried.batch, this.#apply(carried.batch));
  }

  #everybody(first: number): void {
    const order = this.#instances.map((_, n) => (first + n) % this.#instances.length);
    for (const who of order) this.#exchange(this.#carry({ who, jitter: 0, refused: 0 }));
  }

  #vote({ who, lane, outcome, slow }: Voting): void {
    const [instance, plainly] = [this.#instance(who), { who, jitter: 0, refused: 0 }];
    instance.call(this.#now, { lane, deadlineMs: 5_000, waitMs: 0 });
    this.#exchange(this.#carry(plainly));
    instance.end(instance.calls.size - 1, outcome, slow);
    this.#exchange(this.#carry(plainly));
  }

  #deliver(pick: number, repeated: boolean): void {
    const at = pick % Math.max(1, this.#underway.length);
    const carried = this.#underway[at];
    if (!carried) return;
    if (!repeated) this.#underway.splice(at, 1);
    this.#answers.push({ carried, reply: this.#apply(carried.batch) });
  }

  #answer(pick: number): void {
    const [answer] = this.#answers.splice(pick % Math.max(1, this.#answers.length), 1);
    answer?.carried.from.hear(this.#now, answer.carried.batch, answer.reply);
  }

  #operate({ who, mode, ttlMs, expected, opId }: Operating): void {
    const instance = this.#instance(who);
    const versions = { none: null, current: instance.overrideVersion, stale: 1 };
    const by = { actor: "ann", reason: "drill" };
    instance.also({ kind: "operate", opId: `o${opId}`, mode, ttlMs, expectedVersion: versions[expected], ...by });
  }

  #claim(who: number, number: number): void {
    const instance = this.#instance(who);
    const permits = [{ id: `${instance.name}.${number}`, lane: "request" as const, remainingMs: 5_000 }];
    instance.also({ kind: "adopt", permits, openMs: null, override: null });
  }

  /** The store loses everything it had; its clock does not. */
  #forget(): void {
    this.#now = Math.max(this.#now, (this.#gate.core?.clock ?? 0) + 1);
    this.#gate = emptyGate();
    this.#home = homeOf(this.#gate);
    this.#reference = new Reference();
    this.#watch = new Watch();
    this.#follower?.forget();
  }

  #apply(unconfigured: Carried["batch"]): BatchReply {
    const batch: Batch = { ...unconfigured, config: this.#rules };
    const predicted = this.#reference.apply(batch, this.#now);
    let done: Step | undefined;
    this.#watch.around(this.#gate, batch, () => {
      done = step(this.#gate, batch, this.#now);
      return done.reply.known;
    });
    const { reply, wake, events, touched } = done as Step;
    this.#home.store(touched);
    const found = { reply: brief(reply), wake, events };
    if (!isDeepStrictEqual(found, predicted)) expect(found).toEqual(predicted);
    consistent(this.#gate);
    this.#coverage.count(batch, { reply, wake, events });
    this.#follower?.follow(batch, this.#now, done as Step, this.#gate);
    if (this.#coverage.steps % WHOLE_LOOK_STEPS === 0) this.#wholeLook();
    return reply;
  }

  #wholeLook(): void {
    const [stored, held] = [this.#home.stored(), sortedSnapshot(this.#gate)];
    if (!isDeepStrictEqual(stored, held)) expect(stored).toEqual(held);
    portable(this.#gate);
    recounted(this.#gate, this.#reference);
  }
}

/** A view without its lists. */
function brief(reply: BatchReply): BatchReply {
  return reply.known
    ? { ...reply, replies: reply.replies.map((one) => (one.kind === "view" ? short(one) : one)) }
    : reply;
}
function short({ seconds: _, transitions: __, instances: ___, ...rest }: GateView): Reply {
  return rest as Reply;
}
