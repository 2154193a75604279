/**
 * The gates of one instance, by name. One that is called has a guard; one at rest is no more than its name, so that there
 * may be many: a tenant's, a host's, a shard's.
 */
import type { Events } from "../events.ts";
import type { GateView } from "../gate/renewal.ts";
import type { About } from "../gate/types.ts";
import type { Log } from "../log/port.ts";
import type { Runtime, Timer } from "../runtime.ts";
import type { MaybePromise, Store } from "../store/port.ts";
import type { Standing } from "./gate-client/port.ts";
import { restingStanding } from "./gate-client/standing.ts";
import { type GateOptions, sameOptions, shownOptions } from "./gate-options.ts";
import { createGuard, type Guard, type GuardOptions } from "./guard.ts";
import { createJudge } from "./judge.ts";
import { gateKey, MAIN_GATE } from "./names.ts";
import { createComparison } from "./options-comparison.ts";
import { Refused, refusal } from "./refusal.ts";
import { type GuardRules, saidRules, unsaidRules } from "./rules.ts";
import { createShared } from "./shared.ts";

/** In use at once in an instance. */
export const MOST_GATES = 1_000;
/** Options are remembered of so many gates; of those said before that, where they are said again. */
const MOST_SAID = 10_000;
/** An instance gives a gate up that nobody has called for so long. */
export const GATE_REST_MS = 600_000;
/** So often guards are looked at, whether they are at rest. */
const SWEEP_MS = 1_000;
/** The same where all of them are. */
const REST_SWEEP_MS = 60_000;

/** A gate and how it stands, as this instance last heard of it. */
export interface GateStanding extends Standing {
  readonly gate: string;
}

export interface Gates {
  /** The database's own. */
  readonly main: Guard;
  /**
   * Takes down what is said about a gate.
   *
   * @throws TypeError for options that are wrong; Error where they are not what was said about it before, or where it is
   * already in use without any.
   */
  say(name: string, options: GateOptions): void;
  /** @throws Refused where this instance has no room for one more. */
  of(name: string, options?: GateOptions): Guard;
  /** So many of them, the database's first, the others as they were first called. */
  named(limit: number): readonly { readonly name: string; view(): MaybePromise<GateView> }[];
  /** All of them, from memory. */
  standing(): readonly GateStanding[];
  /** Whether this instance knows it. */
  has(name: string): boolean;
  /** Refuses who waits and who comes; what runs may end. */
  close(): void;
  /** Tells every gate what is left to tell. */
  end(): Promise<void>;
}

export interface GatesOptions {
  readonly store: Store;
  readonly namespace: string;
  /** Of the database's gate; of others what is not said about them. */
  readonly rules: GuardRules;
  readonly about: About;
  readonly runtime: Runtime;
  readonly events: Events;
  readonly log: Log;
  /** What the database's gate does while its breaker keeps calls away; see {@link GuardOptions}. */
  readonly refusing?: GuardOptions["refusing"];
}

interface Entry {
  readonly name: string;
  /** Null at rest. */
  guard: Guard | null;
  /** Since it was last looked at. */
  called: boolean;
  /** No later than that, on the monotonic clock. */
  calledAt: number;
  /** When it was last heard of before it came to rest; null: it never was. */
  heardAt: number | null;
}

export function createGates(options: GatesOptions): Gates {
  const { store, namespace, rules, about, runtime, events, log } = options;
  const said = new Map<string, GateOptions>();
  const entries = new Map<string, Entry>();
  /** Those with a guard, but for the database's. */
  const awake = new Set<Entry>();
  const plainRules = unsaidRules(rules);
  const shared = createShared({ store, runtime, log, events });
  const compare = createComparison({ store, runtime, log, keyOf: (name) => gateKey(namespace, name) });
  let nextSweep: { readonly timer: Timer; readonly isSoon: boolean } | null = null;
  let closed = false;

  const guardOf = (name: string, more: Pick<GuardOptions, "rules" | "judge" | "refusing">): Guard =>
    createGuard({
      name,
      key: gateKey(namespace, name),
      store,
      about,
      runtime,
      log,
      shared,
      ...more,
    });
  const main = guardOf(MAIN_GATE, { rules, refusing: options.refusing });

  const rulesOf = (name: string): GuardRules => {
    const options = said.get(name);
    return options ? saidRules(rules, options) : plainRules;
  };

  function wake(entry: Entry): Guard {
    const { name } = entry;
    const options = said.get(name);
    const judge = options && createJudge({ ...options, gate: name, runtime, log });
    const guard = guardOf(name, { rules: rulesOf(name), judge });
    if (closed) guard.close();
    if (options && entry.heardAt === null) compare(name, options);
    entry.guard = guard;
    // Where instances are frozen between requests no timer is sure to come: then this is the occasion, for all others.
    if (store.traits.freezes) sweep();
    awake.add(entry);
    if (!store.traits.freezes) sweepLater();
    return guard;
  }

  function sweepLater(): void {
    const isSoon = awake.size > 0;
    if (nextSweep && (nextSweep.isSoon || !isSoon)) return;
    runtime.clearTimer(nextSweep?.timer);
    const timer = runtime.setTimer(
      () => {
        nextSweep = null;
        sweep();
        if (entries.size > 0 && !closed) sweepLater();
      },
      isSoon ? SWEEP_MS : REST_SWEEP_MS,
    );
    nextSweep = { timer, isSoon };
  }

  function sweep(): void {
    const now = runtime.monotonicMs();
    for (const entry of awake) {
      if (entry.called) entry.calledAt = now;
      entry.called = false;
      const { guard } = entry;
      // An open breaker is remembered for that long: the store remembers it too.
      const isGivenUp = now - entry.calledAt >= GATE_REST_MS && guard?.isIdle();
      if (guard && (isGivenUp || guard.isAtRest())) putToRest(entry, guard, now);
    }
    for (const entry of entries.values()) {
      if (!entry.guard && now - entry.calledAt >= GATE_REST_MS) entries.delete(entry.name);
    }
  }

  function putToRest(entry: Entry, guard: Guard, now: number): void {
    entry.heardAt = now - (guard.standing().ageMs ?? 0);
    guard.forget();
    entry.guard = null;
    awake.delete(entry);
  }

  /** The one that has rested longest makes room. @throws Refused where none is at rest. */
  function enter(name: string): Entry {
    if (entries.size >= MOST_GATES) {
      sweep();
      const resting = [...entries.values()].filter(({ guard }) => !guard);
      const [first] = resting.sort((one, other) => one.calledAt - other.calledAt);
      if (!first) throw new Refused(refusal(name, "too_many_gates", rules.fullRetryAfterMs));
      entries.delete(first.name);
    }
    const entry = { name, guard: null, called: true, calledAt: runtime.monotonicMs(), heardAt: null };
    entries.set(name, entry);
    return entry;
  }

  function say(name: string, options: GateOptions): void {
    const before = said.get(name);
    if (before && !sameOptions(before, options)) {
      throw new Error(
        `tide.gate(${JSON.stringify(name)}): its options are said once, or alike: ` +
          `were ${shownOptions(before)}, now ${shownOptions(options)}`,
      );
    }
    if (before) return;
    if (entries.get(name)?.guard) {
      throw new Error(
        `tide.gate(${JSON.stringify(name)}): it is in use, with what holds for the database; ` +
          "say its options before it is first called",
      );
    }
    const [oldest] = said.keys();
    if (said.size >= MOST_SAID && oldest !== undefined) said.delete(oldest);
    said.set(name, options);
  }

  return {
    main,
    say,
    of: (name, options) => {
      if (name === MAIN_GATE) return main;
      const entry = entries.get(name) ?? enter(name);
      entry.called = true;
      if (entry.guard) return entry.guard;
      if (options) say(name, options);
      return wake(entry);
    },
    named: (limit) => [
      main,
      ...[...entries.values()].slice(0, Math.max(0, limit - 1)).map((entry) => ({
        name: entry.name,
        // Who is looked at has not been called.
        view: () => (entry.guard ?? wake(entry)).view(),
      })),
    ],
    standing: () => {
      const now = runtime.monotonicMs();
      const resting = ({ name, heardAt }: Entry) =>
        restingStanding(rulesOf(name), heardAt === null ? null : Math.round(now - heardAt));
      return [
        { gate: MAIN_GATE, ...main.standing() },
        ...[...entries.values()].map((entry) => ({
          gate: entry.name,
          ...(entry.guard?.standing() ?? resting(entry)),
        })),
      ];
    },
    has: (name) => name === MAIN_GATE || entries.has(name) || said.has(name),
    close: () => {
      closed = true;
      runtime.clearTimer(nextSweep?.timer);
      for (const guard of [main, ...[...awake].flatMap(({ guard }) => guard ?? [])]) guard.close();
    },
    end: async () => {
      await Promise.all([main, ...[...awake].flatMap(({ guard }) => guard ?? [])].map((guard) => guard.end()));
      shared.pushes.close();
    },
  };
}
