/**
 * The gates of one instance, by name. One that is called has a guard; one at rest is no more than its name, so that there
 * may be many: a tenant's, a host's, a shard's.
 */
import type { Events } from "../events.ts";
import type { GateView } from "../gate/renewal.ts";
import type { About } from "../gate/types.ts";
import type { EventLog } from "../log/events.ts";
import type { Runtime } from "../runtime.ts";
import type { MaybePromise, Store } from "../store/port.ts";
import type { Instruments, Tracing } from "../telemetry/port.ts";
import { createDatabaseEdge } from "./database-edge.ts";
import type { Standing } from "./gate-client/port.ts";
import { restingStanding } from "./gate-client/standing.ts";
import type { GateOptions, GatePing } from "./gate-options.ts";
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
  /** By which all of them know this instance. */
  readonly instance: () => string;
  /** All of them, from memory. */
  standing(): readonly GateStanding[];
  /** Whether this instance knows it. */
  has(name: string): boolean;
  /** Gates of one's own whose dependency health can ask for. */
  pinged(): readonly { readonly gate: string; readonly ping: GatePing; readonly guard: () => Guard }[];
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
  /** By which they know this instance. Default: a new name, made when it is first needed. */
  readonly instance?: (() => string) | undefined;
  readonly events: Events;
  readonly log: EventLog;
  /** What their calls are measured by. Default: nobody measures. */
  readonly meters?: Instruments | undefined;
  /** Takes secrets out of what operators typed. */
  readonly redact?: ((text: string) => string) | undefined;
  readonly tracing?: Tracing | null | undefined;
  /** What a gate does whose dependency can be asked for, while its breaker keeps calls away; see {@link GuardOptions}. */
  readonly refusing?: GuardOptions["refusing"];
}

/** Each is asked for with every look at health. */
const MOST_PINGED = 50;

export function createGates(options: GatesOptions): Gates {
  const { store, namespace, rules, about, runtime, log } = options;
  const sayings = createSayings();
  const pings = new Map<string, GatePing>();
  const plainRules = unsaidRules(rules);
  const shared = createShared(options);
  const compare = createComparison({ store, runtime, log, keyOf: (name) => gateKey(namespace, name) });
  let closed = false;

  const guardOf = (name: string, more: Pick<GuardOptions, "rules" | "judge" | "refusing" | "heard">): Guard =>
    createGuard({ name, key: gateKey(namespace, name), store, about, runtime, log, shared, ...more });
  const heard = createDatabaseEdge({ runtime, log });
  const main = guardOf(MAIN_GATE, { rules, refusing: options.refusing, heard });

  const rulesOf = (name: string): GuardRules => {
    const options = sayings.of(name);
    return options ? saidRules(rules, options) : plainRules;
  };
  const roster = createRoster({
    runtime,
    freezes: store.traits.freezes,
    retryAfterMs: rules.fullRetryAfterMs,
    create: ({ name, heardAt }) => {
      const said = sayings.of(name);
      const judge = said && createJudge({ ...said, gate: name, once: shared.once, runtime, log });
      const refusing = pings.has(name) ? options.refusing : undefined;
      const guard = guardOf(name, { rules: rulesOf(name), judge, refusing });
      if (closed) guard.close();
      if (said && heardAt === null) compare(name, said);
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
    if (!options.ping || pings.has(name)) return;
    if (pings.size >= MOST_PINGED) {
      throw new Error(
        `tide.gate(${JSON.stringify(name)}): ${MOST_PINGED} gates have a ping, and no more may; leave it out`,
      );
    }
    pings.set(name, options.ping);
  };
  const of: Gates["of"] = (name, said) => {
    if (name === MAIN_GATE) return main;
    const entry = roster.call(name);
    if (entry.guard) return entry.guard;
    if (said) say(name, said);
    return roster.wake(entry);
  };
  const standingOf = ({ name, guard, heardAt, forced }: Entry, now: number): GateStanding => {
    const ageMs = heardAt === null ? null : Math.round(now - heardAt);
    return { gate: name, ...(guard?.standing() ?? restingStanding(rulesOf(name), { ageMs, forced })) };
  };

  return {
    main,
    instance: shared.instance,
    say,
    of,
    named: (limit) => {
      // Who is looked at has not been called.
      const shown = roster.all().slice(0, Math.max(0, limit - 1));
      return [main, ...shown.map((entry) => ({ name: entry.name, view: () => roster.wake(entry).view() }))];
    },
    standing: () => {
      const now = runtime.monotonicMs();
      return [{ gate: MAIN_GATE, ...main.standing() }, ...roster.all().map((entry) => standingOf(entry, now))];
    },
    pinged: () => [...pings].map(([gate, ping]) => ({ gate, ping, guard: () => of(gate) })),
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
