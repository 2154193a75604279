/**
 * Limits of everything that is called within something: of a request, whose caller may leave, or of what an application
 * has said round a piece of its own. What guards drivers of others goes by them, since those hand nothing on.
 */
import type { QueuedLane } from "../gate/types.ts";
import { type CallContext, callContext } from "../runtime.ts";
import { isPlain } from "../shape.ts";
import type { RunOptions } from "./guard.ts";
import { isLazy } from "./lazy.ts";

/** What one statement, or all of a database handle, may take. What is left out is as it was, or the lane's own. */
export interface CallLimits extends Pick<RunOptions, "deadlineMs" | "waitMs" | "signal"> {}

/** Limits of a piece of an application. */
export interface AmbientLimits extends CallLimits {
  /** Default: that of what is round it, or `request`. */
  readonly lane?: QueuedLane | undefined;
}

/** Who has asked: its signal is made when somebody wants to know it, which most requests never do. */
export abstract class Caller {
  abstract get signal(): AbortSignal;
}

/** One for all that run in this process, made when it is first needed. */
let ambient: CallContext<AmbientLimits | Caller> | null | undefined;

function contextOf(): CallContext<AmbientLimits | Caller> | null {
  if (ambient === undefined) ambient = callContext<AmbientLimits | Caller>();
  return ambient;
}

const NONE: AmbientLimits = {};

/** Of what is asked in; none where nothing was said, or the platform cannot tell. */
export function ambientLimits(): AmbientLimits {
  const found = contextOf()?.getStore() ?? NONE;
  return found instanceof Caller ? { signal: found.signal } : found;
}

/**
 * Calls `work` within limits, which narrow those that it is called in.
 *
 * @throws Error where the platform has no AsyncLocalStorage; TypeError for limits that are wrong; what `work` throws.
 */
export function within<Value>(limits: AmbientLimits, work: () => Value): Value {
  const faults = [
    ...faultsOf(limits),
    ...(typeof work === "function" ? [] : ["a function is needed behind the limits"]),
  ];
  if (faults.length > 0) throw new TypeError(`tide.with: ${faults.join("; ")}`);
  const context = contextOf();
  if (!context) {
    throw new Error(
      "tide.with: the platform has to know what belongs to which call, and has no AsyncLocalStorage; on Workers set " +
        'compatibility_flags = ["nodejs_compat"]',
    );
  }
  const { lane, ...outer } = ambientLimits();
  const inner = { lane: limits.lane ?? lane, ...narrowed(outer, limits) };
  const made = context.run(inner, work, undefined);
  if (isLazy(made)) runWithin(context, inner, made);
  return made;
}

/** Wherever it is awaited. One that takes no properties runs within the limits of that place. */
function runWithin(
  context: CallContext<AmbientLimits | Caller>,
  limits: AmbientLimits,
  lazy: PromiseLike<unknown>,
): void {
  const { then } = lazy;
  const run = (...given: Parameters<typeof then>) => context.run(limits, () => then.apply(lazy, given), undefined);
  // biome-ignore lint/suspicious/noThenProperty: it has one, and goes on to be what it is.
  Reflect.defineProperty(lazy, "then", { value: run, configurable: true, writable: true });
}

type Check = readonly [fits: (found: unknown) => boolean, needed: string];

const CHECKS: Readonly<Record<keyof AmbientLimits, Check>> = {
  lane: [(found) => found === "request" || found === "slow", '"request" or "slow"'],
  deadlineMs: [(found) => typeof found === "number" && found > 0, "a number of milliseconds above 0"],
  waitMs: [(found) => typeof found === "number" && found >= 0, "a number of milliseconds from 0 on"],
  signal: [(found) => found instanceof AbortSignal, "an AbortSignal"],
};

function faultsOf(limits: unknown): string[] {
  if (!isPlain(limits)) return ["limits such as { deadlineMs: 5000 } are needed first"];
  return Object.entries(limits).flatMap(([name, found]) => {
    const check = Object.hasOwn(CHECKS, name) ? CHECKS[name as keyof AmbientLimits] : undefined;
    if (!check) return `there is no limit ${name}, but ${Object.keys(CHECKS).join(", ")}`;
    const [fits, needed] = check;
    return found === undefined || fits(found)
      ? []
      : `${name} must be ${needed}, was ${JSON.stringify(found) ?? typeof found}`;
  });
}

/** The same for a request, where the platform can; elsewhere its limits are not known inside. */
export function withinRequest<Value>(limits: AmbientLimits | Caller, work: () => Value): Value {
  const context = contextOf();
  return context ? context.run(limits, work, undefined) : work();
}

/** For several callers, or for none: within what limits there are, but for as long as that signal says. */
export const onBehalfOf = <Value>(signal: AbortSignal, work: () => Value): Value =>
  withinRequest({ ...ambientLimits(), signal }, work);

/** The narrower handle's limits, where both have some; both callers can give up. */
export function narrowed(outer: CallLimits, inner: CallLimits): CallLimits {
  const { deadlineMs = outer.deadlineMs, waitMs = outer.waitMs } = inner;
  const both = outer.signal && inner.signal && AbortSignal.any([outer.signal, inner.signal]);
  return { deadlineMs, waitMs, signal: both ?? inner.signal ?? outer.signal };
}
