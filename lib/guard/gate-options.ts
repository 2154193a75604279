/** What may be said about a gate of one's own, and how it is made sure of. */
import * as v from "valibot";
import { RING_SECONDS } from "../gate/state.ts";
import type { BreakerMode } from "../gate/types.ts";
import { isPlain } from "../shape.ts";
import type { Judges } from "./judge.ts";

const DAY_MS = 86_400_000;

/** One lane's measure. */
export interface LaneOptions {
  /** Calls at once, for the whole fleet. 1 to 1,000,000. */
  readonly capacity?: number | undefined;
  /** Longest a call may run, in milliseconds. */
  readonly deadlineMs?: number | undefined;
  /** Longest wait for a permit, in milliseconds. 0: none. */
  readonly waitMs?: number | undefined;
  /** Calls of a lane that may wait, in the whole fleet. */
  readonly maxWaiting?: number | undefined;
}

/** When the breaker opens, for how long, and what closes it. What is left out is the environment's. */
export interface BreakerOptions {
  /** `observe`: it counts and reports, and keeps no call away. `off`: outcomes are counted, nothing more. Default `on`. */
  readonly mode?: BreakerMode | undefined;
  /** Fewest failures that open it. 1 to 1,000,000. */
  readonly failureThreshold?: number | undefined;
  /** Share of failed calls from which it opens. 0 to 1. */
  readonly failureRate?: number | undefined;
  /** How far back calls count, in seconds. 1 to 300. */
  readonly windowSeconds?: number | undefined;
  /** Fewest calls in the window before a rate counts. */
  readonly windowCalls?: number | undefined;
  /** How long it stays open the first time, in milliseconds. */
  readonly recoveryMs?: number | undefined;
  /** How it stays open longer, each time that a recovery fails. */
  readonly backoff?:
    | {
        /** By so many times. 1 keeps open periods as they are; default 2. */
        readonly factor?: number | undefined;
        /** But not longer than this, in milliseconds; default 300,000. A dependency's own `Retry-After` is bounded by it too. */
        readonly maxMs?: number | undefined;
        /** Up to this share of a period is added by chance, so that fleets do not come back together. 0 to 1; default 0.2. */
        readonly jitter?: number | undefined;
      }
    | undefined;
  /** Calls at once while it is half open, for the whole fleet. 1 to 100, and no more than the capacity. */
  readonly probes?: number | undefined;
  /** Successful probes that close it. */
  readonly successesToClose?: number | undefined;
  /** From when on a call counts as slow, in milliseconds. */
  readonly slowMs?: number | undefined;
  /** Share of slow calls above which it opens. 0 to 1; 1 is off. */
  readonly slowRate?: number | undefined;
}

/**
 * A gate of one's own: the measure of one dependency. What is left out is as for the database, by the environment. What is
 * said outside of `lanes` is the lane `request`'s, and of waits every lane's that says nothing of its own.
 *
 * @example
 * ```ts
 * const billing = tide.gate("billing", {
 *   capacity: 8,
 *   deadlineMs: 2_000,
 *   waitMs: 500,
 *   breaker: { failureThreshold: 3, recoveryMs: 5_000, backoff: { factor: 1 } },
 *   isFailure: (ended, how) => how === "thrown" || (ended as Response).status >= 500,
 *   retryAfter: (ended) => (ended instanceof Response ? ended.headers.get("retry-after") : null),
 * });
 * const answer = await billing.run((signal) => fetch(url, { signal }));
 * ```
 */
export interface GateOptions extends LaneOptions, Judges {
  /** A second lane, for calls that take long; without it there is `request` alone. */
  readonly lanes?: { readonly request?: LaneOptions | undefined; readonly slow?: LaneOptions | undefined } | undefined;
  /** When its breaker opens. What is left out is the environment's. */
  readonly breaker?: BreakerOptions | undefined;
  /**
   * Asks the dependency whether it is there: `/health` calls it, about every 5 s in the whole fleet, and shows what came of
   * it. It takes no permit of calls and counts as none; good ones shorten an open period, as those of the database do.
   */
  readonly ping?: GatePing | undefined;
}

/**
 * Resolves where the dependency is there; rejects, or resolves to a `Response` of 500 and more, where it is not. The signal
 * is aborted when that takes too long.
 */
export type GatePing = (signal: AbortSignal) => unknown;

const between = (least: number, most: number) => {
  const what = `a whole number from ${least} to ${most}`;
  return v.optional(v.pipe(v.number(what), v.integer(what), v.minValue(least, what), v.maxValue(most, what)));
};
const real = (least: number, most: number) => {
  const what = `a number from ${least} to ${most}`;
  return v.optional(v.pipe(v.number(what), v.minValue(least, what), v.maxValue(most, what)));
};
const call = v.optional(v.function("a function"));
const measure = {
  capacity: between(1, 1_000_000),
  deadlineMs: between(1, DAY_MS),
  waitMs: between(0, DAY_MS),
  maxWaiting: between(0, 1_000_000),
};
const lane = v.optional(v.strictObject(measure, "an object such as { capacity: 2, deadlineMs: 60000 }"));

const SCHEMA = v.strictObject(
  {
    ...measure,
    lanes: v.optional(v.strictObject({ request: lane, slow: lane }, "an object with request or slow")),
    breaker: v.optional(
      v.strictObject(
        {
          mode: v.optional(v.picklist(["on", "observe", "off"], '"on", "observe" or "off"')),
          failureThreshold: between(1, 1_000_000),
          failureRate: real(0, 1),
          windowSeconds: between(1, RING_SECONDS),
          windowCalls: between(1, 1_000_000),
          recoveryMs: between(1, DAY_MS),
          backoff: v.optional(
            v.strictObject(
              { factor: real(1, 100), maxMs: between(1, DAY_MS), jitter: real(0, 1) },
              "an object with factor, maxMs or jitter",
            ),
          ),
          probes: between(1, 100),
          successesToClose: between(1, 1_000),
          slowMs: between(1, DAY_MS),
          slowRate: real(0, 1),
        },
        "an object such as { failureThreshold: 5 }",
      ),
    ),
    isFailure: call,
    retryAfter: call,
    ping: call,
  },
  "an object such as { capacity: 8 }",
);

/**
 * @returns The options, which what happens to the given object does not change.
 * @throws TypeError that names every one that is wrong, what it must be and what it was.
 */
export function gateOptions(name: string, found: unknown): GateOptions {
  const result = v.safeParse(SCHEMA, isPlain(found) ? found : undefined);
  const options = result.output as GateOptions;
  const faults = result.issues?.map(faultOf) ?? contradictions(options);
  if (faults.length > 0) throw new TypeError(`tide.gate(${JSON.stringify(name)}): ${faults.join("; ")}`);
  return options;
}

function faultOf(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue) ?? "options";
  if (issue.type === "strict_object" && issue.expected === "never") return `there is no option ${path}`;
  return `${path} must be ${issue.message}, was ${issue.received}`;
}

function contradictions({ capacity, deadlineMs, lanes, breaker }: GateOptions): string[] {
  const faults: string[] = [];
  for (const [option, value] of Object.entries({ capacity, deadlineMs })) {
    const again = lanes?.request?.[option as keyof LaneOptions];
    if (value === undefined || again === undefined) continue;
    faults.push(`${option} was said twice, ${value} and ${again} in lanes.request; say it once`);
  }
  const calls = capacity ?? lanes?.request?.capacity;
  if (calls !== undefined && breaker?.probes !== undefined && breaker.probes > calls) {
    faults.push(`breaker.probes must be at most the capacity, ${calls}, was ${breaker.probes}`);
  }
  return faults;
}

/** Whether two sayings are one: the same values, and the same functions. */
export function sameOptions(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  for (const name of names) if (!sameOptions(one[name as keyof object], other[name as keyof object])) return false;
  return true;
}

/** For people, who compare two sayings: the same for the same values, in whatever order they were said. */
export const shownOptions = (options: GateOptions): string =>
  JSON.stringify(options, (_name, value: unknown) => {
    if (typeof value === "function") return "a function";
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
  });
