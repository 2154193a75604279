/**
 * The gates of one instance, by name. One that is called has a guard; one at rest is no more than its name, so that there
 * may be many: a tenant's, a host's, a shard's.
 */
import type { Events } from "../events.ts";
import type { GateView } from "../gate/renewal.ts";
import type { About } from "../gate/types.ts";
import type { Log } from "../log/port.ts";
import type { Runtime } from "../runtime.ts";
import type { MaybePromise, Store } from "../store/port.ts";
import type { Standing } from "./gate-client/port.ts";
import { restingStanding } from "./gate-client/standing.ts";
import type { GateOptions } from "./gate-options.ts";
import { createGuard, type Guard, type GuardOptions } from "./guard.ts";
import { createJudge } from "./judge.ts";
import { gateKey, MAIN_GATE } from "./names.ts";
import { createComparison } from "./options-comparison.ts";
import { createRoster, type Entry } from "./roster.ts";
import { type GuardRules, saidRules, unsaidRules } from "./rules.ts";
import { createSayings } from "./sayings.ts";
import { createShared } from "./shared.ts";

/** A gate and how it stands, as this instance last heard of it. */
export interface GateStanding extends Standing {
  /** Its name; `main` is the database's. */
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

export function createGates(options: GatesOptions): Gates {
  const { store, namespace, rules, about, runtime, events, log } = options;
  const sayings = createSayings();
  const plainRules = unsaidRules(rules);
  const shared = createShared({ store, runtime, log, events });
  const compare = createComparison({ store, runtime, log, keyOf: (name) => gateKey(namespace, name) });
  let closed = false;

  const guardOf = (name: string, more: Pick<GuardOptions, "rules" | "judge" | "refusing">): Guard =>
    createGuard({ name, key: gateKey(namespace, name), store, about, runtime, log, shared, ...more });
  const main = guardOf(MAIN_GATE, { rules, refusing: options.refusing });

  const rulesOf = (name: string): GuardRules => {
    const options = sayings.of(name);
    return options ? saidRules(rules, options) : plainRules;
  };
  const roster = createRoster({
    runtime,
    freezes: store.traits.freezes,
    retryAfterMs: rules.fullRetryAfterMs,
    create: ({ name, heardAt }) => {
      const options = sayings.of(name);
      const judge = options && createJudge({ ...options, gate: name, once: shared.once, runtime, log });
      const guard = guardOf(name, { rules: rulesOf(name), judge });
      if (closed) guard.close();
      if (options && heardAt === null) compare(name, options);
      return guard;
    },
  });
  const awake = () => [main, ...roster.all().flatMap(({ guard }) => guard ?? [])];
  const say = (name: string, options: GateOptions) => {
    const { probes, capacity } = saidRules(rules, options).gate;
    if (probes > capacity.request) {
      const found = `breaker.probes must be at most the capacity, ${capacity.request}, was ${probes}`;
      throw new TypeError(`tide.gate(${JSON.stringify(name)}): ${found}`);
    }
    sayings.say(name, options, Boolean(roster.get(name)?.guard));
  };
  const standingOf = ({ name, guard, heardAt, forced }: Entry, now: number): GateStanding => {
    const ageMs = heardAt === null ? null : Math.round(now - heardAt);
    return { gate: name, ...(guard?.standing() ?? restingStanding(rulesOf(name), { ageMs, forced })) };
  };

  return {
    main,
    say,
    of: (name, options) => {
      if (name === MAIN_GATE) return main;
      const entry = roster.call(name);
      if (entry.guard) return entry.guard;
      if (options) say(name, options);
      return roster.wake(entry);
    },
    named: (limit) => {
      // Who is looked at has not been called.
      const shown = roster.all().slice(0, Math.max(0, limit - 1));
      return [main, ...shown.map((entry) => ({ name: entry.name, view: () => roster.wake(entry).view() }))];
    },
    standing: () => {
      const now = runtime.monotonicMs();
      return [{ gate: MAIN_GATE, ...main.standing() }, ...roster.all().map((entry) => standingOf(entry, now))];
    },
    has: (name) => name === MAIN_GATE || roster.get(name) !== undefined || sayings.of(name) !== undefined,
    close: () => {
      closed = true;
      roster.stop();
      for (const guard of awake()) guard.close();
    },
    end: async () => {
      await Promise.all(awake().map((guard) => guard.end()));
      shared.pushes.close();
    },
  };
}
