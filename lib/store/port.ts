/**
 * The store port: where shared state lives, and what every home of it has to do.
 *
 * Map of this folder: `port` (this file), and one file or folder for each home. Of these `memory` has its states in
 * `memory-states`; `redis` and `upstash` only carry what `lua` runs. `saved-gate` is the shape of a stored gate; `compare-and-set` is for machines that a home cannot
 * run where their state lies; `wait-until` is any home, for platforms that freeze an instance with its last answer.
 *
 * The machines that run in a store are pure and live elsewhere (`lib/gate`); a home gives them atomicity, a clock and a
 * place.
 */
import type { Push, PushMessage } from "../gate/renewal.ts";
import type { HomeRules } from "../gate/types.ts";
import type { Runtime } from "../runtime.ts";

/** At once, or later. */
export type MaybePromise<Value> = Value | Promise<Value>;

/** Goes on at once with a value, later with a promise: homes in this process stay free of needless turns. */
export function andThen<Value, Next>(
  value: MaybePromise<Value>,
  next: (value: Value) => MaybePromise<Next>,
): MaybePromise<Next> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** Does what nobody waits for. `failed` hears of what it throws, at once or later. */
export function attempt(task: () => MaybePromise<unknown>, failed: (error: unknown) => void): void {
  try {
    const done = task();
    if (done instanceof Promise) done.catch(failed);
  } catch (error) {
    failed(error);
  }
}

/** A pure state machine that a home can run. `step` owns the state and may change it in place. */
export interface Machine<State, Message, Result> {
  /** Part of the key under which a home keeps the state. */
  readonly name: string;
  /** The state of which nothing is kept yet. */
  readonly empty: () => State;
  /**
   * The state that a store has kept, which may be damaged by now: what cannot be read is left out, and what is left is a
   * state that works. Without it, what is kept is taken as it is.
   *
   * @param found What was parsed of it; undefined where it could not be.
   * @throws Error where a newer release has written it: nobody overwrites what he cannot read.
   */
  readonly saved?: (found: unknown) => State;
  /**
   * What a message makes of the state.
   *
   * @param now The store's clock in whole milliseconds since 1970.
   */
  readonly step: (state: State, message: Message, now: number) => Result & Aftermath;
}

/** What a home has to do after a step, beside telling the result. */
export interface Aftermath {
  /** To be delivered to instances, best effort. */
  readonly push: readonly Push[];
  /**
   * In milliseconds since 1970 on the store's clock: from then on the state means nothing, and a home gives it up unless another step comes before.
   * Without it, a state is kept for good, or for longer than any machine remembers.
   */
  readonly keptUntil?: number;
}

/**
 * The gates whose pushes are heard together. Of `{tidegate:app:main}` it is `tidegate:app`: what stands in braces, or the
 * whole key where it is not in braces, up to its last colon, or all of it where it has none.
 */
export function scopeOf(key: string): string {
  const inner = key.startsWith("{") && key.endsWith("}") ? key.slice(1, -1) : key;
  const end = inner.lastIndexOf(":");
  return end === -1 ? inner : inner.slice(0, end);
}

/** The instance that a session is of: `<instance>`, or `<instance>_<n>` where it has opened several. */
export function instanceOf(session: string): string {
  const end = session.indexOf("_");
  return end === -1 ? session : session.slice(0, end);
}

/** What a home can do, for those who have to know. */
export interface StoreTraits {
  /** The rules of a gate that lives here. Where it `pushes` ({@link Store.onPush}), instances need not ask often. */
  readonly gate: HomeRules;
  /** A message costs no I/O and cannot get lost: it is answered at once, without a promise. */
  readonly inProcess: boolean;
  /** Requests of one instance may wait for each other's I/O, so that one message can speak for all of them. */
  readonly sharesIo: boolean;
  /** An instance may be frozen or ended between two requests: nothing is to be left in its hands. */
  readonly freezes: boolean;
  /** Time is the store's; where it is the instances' own, lifetimes are padded by `STATE_MAX_SKEW_MS`. */
  readonly ownClock: boolean;
  /** Longest a call may take before the instance goes on without the store, where the configuration says nothing. */
  readonly deadlineMs: number;
  /** The same for the very first call, which may have to connect. */
  readonly firstContactMs: number;
}

/** A small value with an age. */
export interface KvEntry {
  /** As it was set. */
  readonly value: string;
  /** Since it was set, by the store's clock. */
  readonly ageMs: number;
}

/** Records kept at most per log, by every home; beyond it the oldest go, and positions stay what they were. */
export const LOG_RECORDS_KEPT = 10_000;

/** An append-only log whose records a writer can only add to the end it has seen. */
export interface StoreLog {
  /**
   * Appends if the log's head still is `expectedHead` (0: empty).
   *
   * @returns The new head, or the present one when somebody else was faster.
   * @throws Error where its place does not answer.
   */
  append(
    name: string,
    record: string,
    expectedHead: number,
  ): MaybePromise<{ readonly appended: boolean; readonly head: number }>;
  /**
   * Up to `limit` records before position `before`, newest first.
   *
   * @throws Error where its place does not answer.
   */
  read(
    name: string,
    before: number,
    limit: number,
  ): MaybePromise<readonly { readonly position: number; readonly record: string }[]>;
  /**
   * Of one with a place of its own: ends what it has open there, after what it was asked before. It may be asked again,
   * and opens it anew then.
   *
   * @throws Error where that does not succeed.
   */
  close?(): Promise<void>;
}

/** How much of something one client may have. */
export interface LimitRule {
  /** Rules of different names know nothing of each other. */
  readonly name: string;
  /** How many, in each window. */
  readonly count: number;
  /** In milliseconds. */
  readonly windowMs: number;
}

/** What a client may have yet. */
export interface LimitVerdict {
  /** There was one to take. */
  readonly allowed: boolean;
  /** How many are left in this window. */
  readonly remaining: number;
  /** Until all is to be had again. */
  readonly resetMs: number;
}

/** Counts what clients take. Throws, or rejects, where the place of its counts does not answer in time. */
export interface Limiter {
  /** Takes one, if there is one. */
  take(client: string): MaybePromise<LimitVerdict>;
  /** What `take` would say, which nothing is taken for. */
  look(client: string): MaybePromise<LimitVerdict>;
}

/** Homes of shared state, by the names that `STATE_URL` and payloads have for them. */
export type StoreKind = "memory" | "redis" | "upstash" | "durable-object" | "deno-kv";

/** A home of shared state, open. */
export interface Store {
  /** Which home it is. */
  readonly kind: StoreKind;
  /** Where it is, for people: no credentials. */
  readonly address: string;
  /** What it can do. */
  readonly traits: StoreTraits;
  /**
   * Applies a message atomically, on the store's clock. Never repeats one by itself.
   *
   * @throws Error where the store does not answer: whether the message was applied is not known then.
   */
  transact<State, Message, Result>(
    machine: Machine<State, Message, Result>,
    key: string,
    message: Message,
  ): MaybePromise<Result>;
  /**
   * Calls `listener` with what a step pushes to sessions of this instance, or to all, of every gate whose key is within
   * the scope ({@link scopeOf}, {@link instanceOf}). Best effort: a push may be lost, and never fails what caused it.
   * Returns what stops it.
   *
   * @param refused Told once where the store does not let this instance listen.
   */
  onPush(
    scope: string,
    instance: string,
    listener: (key: string, message: PushMessage) => void,
    refused?: (error: Error) => void,
  ): () => void;
  /**
   * Calls `listener` when its place may answer again after it could not be reached, of homes that notice: who would ask
   * again by and by asks now. Best effort.
   *
   * @returns What stops it. Never throws.
   */
  onReachable?(listener: () => void): () => void;
  /** Small values that expire, `ttlMs` after they were set. */
  readonly kv: {
    get(key: string): MaybePromise<KvEntry | null>;
    set(key: string, value: string, ttlMs: number): MaybePromise<void>;
  };
  /** Logs by their names, such as the audit. */
  readonly log: StoreLog;
  /**
   * Counts for the whole fleet, of homes that can. Between two windows as the instances' clocks tell them.
   *
   * @param prefix Of its keys.
   * @param deadlineMs Longest a call may take.
   * @throws Error where what it needs is not installed.
   */
  openLimiter?(prefix: string, rule: LimitRule, deadlineMs: number): Promise<Limiter>;
  /** Ends its connections. Nothing is asked of it afterwards. */
  close(): Promise<void>;
}

/** What `memory()`, `redis(url)` and their siblings return: cheap, connected to nothing, opened by `tidegate()`. */
export interface StoreAdapter {
  /** Which home it is. */
  readonly kind: StoreKind;
  /** Where it is, for people: no credentials. */
  readonly address: string;
  /** What no log may show: a password given in code is in no environment. */
  readonly secrets?: readonly string[];
  /** Makes the store, or hands out the one that it has made. Connects to nothing until it is asked. */
  open(runtime: Runtime): Store;
}
