/**
 * Which gates of an instance are awake, with a guard, and which are at rest, without: those cost next to nothing, and are
 * given up after a while.
 */
import type { OverrideMode } from "../gate/types.ts";
import type { Runtime, Timer } from "../runtime.ts";
import type { Guard } from "./guard.ts";
import { Refused, refusal } from "./refusal.ts";

/** In an instance at once, beside the database's. */
export const MOST_GATES = 1_000;
/** An instance gives a gate up that nobody has called for so long. */
export const GATE_REST_MS = 600_000;
/** So often guards are looked at, whether they are at rest. */
const SWEEP_MS = 1_000;
/** The same where all of them are. */
const REST_SWEEP_MS = 60_000;

export interface Entry {
  readonly name: string;
  /** Null at rest. */
  guard: Guard | null;
  /** Since it was last looked at. */
  called: boolean;
  /** No later than that, on the monotonic clock. */
  calledAt: number;
  /** When it was last heard of before it came to rest; null: it never was. */
  heardAt: number | null;
  /** The operator's word that was in force then. */
  forced: OverrideMode | null;
}

export interface RosterOptions {
  readonly runtime: Runtime;
  /** Instances are frozen between requests: no timer is sure to come, and each waking is the occasion for a look. */
  readonly freezes: boolean;
  readonly create: (entry: Entry) => Guard;
  /** Told to who finds no room. */
  readonly retryAfterMs: number;
}

export interface Roster {
  /** In the order in which they were first called. */
  readonly all: () => readonly Entry[];
  readonly get: (name: string) => Entry | undefined;
  /** One that is called. @throws Refused where all that there may be are awake. */
  readonly call: (name: string) => Entry;
  /** Its guard, made where it is at rest. */
  readonly wake: (entry: Entry) => Guard;
  readonly stop: () => void;
}

export function createRoster(options: RosterOptions): Roster {
  const { runtime, freezes, create } = options;
  const entries = new Map<string, Entry>();
  const sweeps = createSweeps(runtime, () => {
    const isSoon = sweep(entries, runtime.monotonicMs(), freezes);
    return { isSoon, isOver: entries.size === 0 };
  });

  function enter(name: string): Entry {
    if (entries.size >= MOST_GATES) {
      sweeps.now();
      // The one that has rested longest makes room.
      const resting = [...entries.values()].filter(({ guard }) => !guard);
      const [first] = resting.sort((one, other) => one.calledAt - other.calledAt);
      if (!first) throw new Refused(refusal(name, "too_many_gates", options.retryAfterMs));
      entries.delete(first.name);
    }
    const entry: Entry = {
      name,
      guard: null,
      called: true,
      calledAt: runtime.monotonicMs(),
      heardAt: null,
      forced: null,
    };
    entries.set(name, entry);
    return entry;
  }

  return {
    all: () => [...entries.values()],
    get: (name) => entries.get(name),
    call: (name) => {
      const entry = entries.get(name) ?? enter(name);
      entry.called = true;
      // Elsewhere the next look will do, and no call has to look at a clock.
      if (freezes) entry.calledAt = runtime.monotonicMs();
      return entry;
    },
    wake: (entry) => {
      if (entry.guard) return entry.guard;
      if (freezes) sweeps.now();
      entry.guard = create(entry);
      if (!freezes) sweeps.later(true);
      return entry.guard;
    },
    stop: sweeps.stop,
  };
}

/** @returns Whether some of them are awake. */
function sweep(entries: Map<string, Entry>, now: number, freezes: boolean): boolean {
  let isSomeoneAwake = false;
  for (const entry of entries.values()) {
    const { guard } = entry;
    if (entry.called && !freezes) entry.calledAt = now;
    entry.called = false;
    const isOld = now - entry.calledAt >= GATE_REST_MS;
    // An open breaker is remembered for that long: the store remembers it too.
    if (guard && ((isOld && guard.isIdle()) || guard.isAtRest())) putToRest(entry, guard, now);
    else if (!guard && isOld) entries.delete(entry.name);
    isSomeoneAwake ||= entry.guard !== null;
  }
  return isSomeoneAwake;
}

function putToRest(entry: Entry, guard: Guard, now: number): void {
  const { ageMs, forced } = guard.standing();
  entry.heardAt = ageMs === null ? null : now - ageMs;
  entry.forced = forced;
  entry.guard = null;
  // The gate counts who is there: it is told that this instance is not, any more.
  void guard.end();
}

/** Looks again and again, for as long as there is something to look at. */
function createSweeps(runtime: Runtime, look: () => { readonly isSoon: boolean; readonly isOver: boolean }) {
  let next: { readonly timer: Timer; readonly isSoon: boolean } | null = null;
  let stopped = false;
  const later = (isSoon: boolean): void => {
    if (stopped || (next && (next.isSoon || !isSoon))) return;
    runtime.clearTimer(next?.timer);
    next = { timer: runtime.setTimer(due, isSoon ? SWEEP_MS : REST_SWEEP_MS), isSoon };
  };
  const due = (): void => {
    next = null;
    const { isSoon, isOver } = look();
    if (!isOver) later(isSoon);
  };
  return {
    now: () => void look(),
    later,
    stop: () => {
      stopped = true;
      runtime.clearTimer(next?.timer);
    },
  };
}
