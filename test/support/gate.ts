/** A gate, a clock set by hand, and instances that talk to it: enough to tell a scenario in a few words. */
import { expect } from "vitest";
import type { Admit, Batch, Command, Operate } from "../../lib/gate/commands.ts";
import type { GateEvent, TransitionCause } from "../../lib/gate/events.ts";
import type { AdmitReply, BatchReply, RefusalReason, Reply } from "../../lib/gate/replies.ts";
import { type Core, emptyGate, type GateState, SESSIONS_KEPT } from "../../lib/gate/state.ts";
import { type Step, step } from "../../lib/gate/step.ts";
import type { GateConfig, Outcome } from "../../lib/gate/types.ts";
import { nextDue } from "./gate-due.ts";
import { homeOf, sortedSnapshot } from "./gate-home.ts";

/** A moment at the beginning of a minute, so that scenarios can count seconds. */
export const START = 1_800_000_000_000;

export const RULES: GateConfig = {
  enabled: true,
  capacity: { request: 20, slow: 4, health: 1 },
  maxWaiting: 100,
  windowSeconds: 30,
  windowCalls: 10,
  failureThreshold: 5,
  failureRate: 5_000,
  slowRate: 10_000,
  recoveryMs: 30_000,
  probes: 1,
  successesToClose: 2,
  connectTimeoutMs: 10_000,
  fullRetryAfterMs: 5_000,
  wakes: true,
  adoptingMs: 0,
  sessionsKept: SESSIONS_KEPT,
};

export const ABOUT = { runtime: "node", region: "", version: "1.0.0", startedAt: START };

export interface Call {
  readonly id: string;
  readonly asked: Admit;
  readonly reply: AdmitReply;
}

export type KnownReply = BatchReply & { known: true };

export const refusal = (reason: RefusalReason, retryAfterMs?: number) =>
  retryAfterMs === undefined ? { kind: "refused", reason } : { kind: "refused", reason, retryAfterMs };
export const PERMIT = { kind: "permit" };
export const PLACE = { kind: "place" };
export const ENDED = { kind: "ended", alive: true };
export const NOT_ALIVE = { kind: "ended", alive: false };

export class TestGate {
  readonly state: GateState;
  readonly events: GateEvent[] = [];
  rules: GateConfig;
  jitter = 0;
  now: number;
  #home: ReturnType<typeof homeOf>;

  constructor(rules: Partial<GateConfig> = {}, state: GateState = emptyGate()) {
    this.rules = { ...RULES, ...rules };
    this.state = state;
    this.now = state.core?.clock ?? START;
    this.#home = homeOf(state);
  }

  /** Moves the clock; what falls due happens with the next batch, or when somebody looks. */
  passes(ms: number): void {
    this.now += ms;
  }

  /** Applies a batch, and holds what is true of every step. */
  send(batch: Partial<Batch> & { session: string }): Step {
    const { jitter, rules: config } = this;
    const whole = { opens: null, doneBelow: 0, jitter, config, refusedLocally: 0, commands: [], ...batch };
    const done = step(this.state, whole, this.now);
    this.events.push(...done.events);
    this.#home.store(done.touched);
    expect(this.#home.stored()).toEqual(sortedSnapshot(this.state));
    expect(this.state.due).toBeLessThanOrEqual(nextDue(this.state));
    return done;
  }

  /** The core once time has passed: a stranger's batch lets it pass and changes nothing else. */
  get core(): Core {
    this.send({ session: "stranger" });
    if (!this.state.core) throw new Error("a gate: expected a life after a batch, found none");
    return this.state.core;
  }

  get breaker(): Core["state"] {
    return this.core.state;
  }

  get causes(): TransitionCause[] {
    return this.events.flatMap((event) => (event.kind === "transition" ? [event.cause] : []));
  }

  instance(session: string, opens: Batch["opens"] = firstOpening()): Instance {
    return new Instance(this, session, opens);
  }
}

export const firstOpening = (life: number | null = null, generation = 0, overrideVersion = 0) => ({
  life,
  generation,
  overrideVersion,
  about: ABOUT,
});

export class Instance {
  readonly gate: TestGate;
  readonly session: string;
  #opens: Batch["opens"];
  #next = 1;
  #opIds = 0;
  readonly #answered = new Set<string>();

  constructor(gate: TestGate, session: string, opens: Batch["opens"]) {
    this.gate = gate;
    this.session = session;
    this.#opens = opens;
  }

  /** An id never given out before. */
  newId(): string {
    return `${this.session}.${this.#next++}`;
  }

  /** One batch. By default it says that every call was answered but those it asks for the first time. */
  sends(commands: readonly Command[], extra: Partial<Batch> = {}): Step {
    const ids = commands.flatMap((command) => (command.kind === "admit" ? [command.id] : []));
    const asking = ids.filter((id) => !this.#answered.has(id)).map((id) => Number(id.slice(this.session.length + 1)));
    const doneBelow = Math.min(this.#next, ...asking);
    const done = this.gate.send({ session: this.session, opens: this.#opens, doneBelow, commands, ...extra });
    this.#opens = null;
    for (const id of ids) this.#answered.add(id);
    return done;
  }

  asksOnce(command: Command, extra: Partial<Batch> = {}): Reply {
    const { reply } = this.sends([command], extra);
    if (!reply.known) throw new Error(`${this.session}: expected to be known, found "unknown"`);
    return reply.replies[0] as Reply;
  }

  admit(how: Partial<Admit> = {}): Call {
    const id = how.id ?? this.newId();
    const asked: Admit = { kind: "admit", id, lane: "request", deadlineMs: 55_000, waitMs: 0, ...how };
    return { id, asked, reply: this.asksOnce(asked) as AdmitReply };
  }

  admits(count: number, how: Partial<Admit> = {}): Call[] {
    return Array.from({ length: count }, () => this.admit(how));
  }

  /** The same call again, with what is left of its wait. */
  again({ asked }: Call, waitMs = asked.waitMs): AdmitReply {
    return this.asksOnce({ ...asked, waitMs }) as AdmitReply;
  }

  settle({ id }: { id: string }, outcome: Outcome = "success", slow = false): Reply {
    return this.asksOnce({ kind: "settle", id, outcome, slow });
  }

  cancel({ id }: { id: string }): Reply {
    return this.asksOnce({ kind: "cancel", id });
  }

  /** Calls that are admitted and end at once, one after the other. */
  calls(count: number, outcome: Outcome, how: Partial<Admit> & { slow?: boolean } = {}): void {
    const { slow = false, ...asked } = how;
    for (let n = 0; n < count; n++) this.settle(this.admit(asked), outcome, slow);
  }

  operate(mode: Operate["mode"], how: Partial<Operate> = {}): Reply {
    const opId = `${this.session}-${++this.#opIds}`;
    const what = { ttlMs: 60_000, expectedVersion: null, actor: "ann", reason: "drill" };
    return this.asksOnce({ kind: "operate", opId, mode, ...what, ...how });
  }
}
