/**
 * The one door through which time, chance and the network come in.
 *
 * Nothing below `lib/` reads a clock, starts a timer, rolls dice or opens a request of its own accord: it is handed a
 * {@link Runtime}. Tests and simulators hand in one that they own; `tidegate/testing` has it ready.
 */

/** A running timer. What it is belongs to the runtime; only {@link Runtime.clearTimer} may look at it. */
export type Timer = unknown;

/** What a timer is to the process that it runs in. */
export interface TimerOptions {
  /**
   * Somebody awaits what it brings: a process that has nothing else to do goes on until then, or it would end with a
   * call that was never answered. Default: false, for what goes on in the background.
   */
  readonly holds?: boolean;
}

/** Of a timer that somebody awaits. */
export const HOLDS: TimerOptions = { holds: true };

/** What platforms can wait for: a longer time is a millisecond to them. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Clock, timers, chance and network of an instance. */
export interface Runtime {
  /** Wall-clock time in milliseconds since 1970, for display and for times that outlive the process. May jump. */
  readonly wallMs: () => number;
  /** Milliseconds since an arbitrary start, never backwards: the clock for every duration. */
  readonly monotonicMs: () => number;
  /**
   * Calls `task` once after `delayMs`, or after 24 days where that is longer. It keeps a process alive only where it
   * {@link TimerOptions.holds}.
   */
  readonly setTimer: (task: () => void, delayMs: number, options?: TimerOptions) => Timer;
  /** Ends a timer; one that has run, or was ended, does no harm. */
  readonly clearTimer: (timer: Timer) => void;
  /** Calls `task` once what is ready in this turn of the event loop has been worked off. */
  readonly endOfTurn: (task: () => void) => void;
  /** Uniform in [0, 1). Not for secrets. */
  readonly random: () => number;
  /** 128 unpredictable bits as text, for ids that must not collide. */
  readonly uuid: () => string;
  /** As the platform's. */
  readonly fetch: typeof fetch;
}

/**
 * The runtime of the platform: Node, Deno, Workers, Bun. Cheap to make; touches nothing until it is used, so that
 * module scope on Workers stays free of timers and randomness.
 *
 * @example
 * ```ts
 * const runtime = systemRuntime();
 * const timer = runtime.setTimer(() => console.log("late"), 1_000);
 * runtime.clearTimer(timer);
 * ```
 */
export function systemRuntime(): Runtime {
  return {
    wallMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    setTimer: (task, delayMs, options) => {
      const timer: unknown = setTimeout(task, Math.min(delayMs, LONGEST_TIMER_MS));
      // Node and Deno on npm timers: an idle timer must not hold a process that wants to end.
      const isIdle = options?.holds !== true && typeof timer === "object" && timer !== null && "unref" in timer;
      if (isIdle) (timer as unknown as { unref(): void }).unref();
      return timer;
    },
    clearTimer: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
    endOfTurn: (task) => {
      const { setImmediate } = globalThis as { setImmediate?: (task: () => void) => unknown };
      if (setImmediate) setImmediate(task);
      else setTimeout(task, 0);
    },
    random: () => Math.random(),
    uuid: () => crypto.randomUUID(),
    fetch: (input, init) => fetch(input, init),
  };
}

/**
 * Whole wall-clock milliseconds that never jump: the wall gives the start, the monotonic clock the rest. The start is
 * where it is first asked: at the module scope of a Worker both clocks stand still, each at a moment of its own.
 */
export function steadyClock({ wallMs, monotonicMs }: Runtime): () => number {
  let wallAtStart: number | undefined;
  return () => {
    const monotonic = monotonicMs();
    wallAtStart ??= wallMs() - monotonic;
    return Math.floor(wallAtStart + monotonic);
  };
}

/** What belongs to which call, through everything that it waits for. */
export interface CallContext<Content> {
  getStore(): Content | undefined;
  run<Given, Value>(content: Content, call: (given: Given) => Value, given: Given): Value;
}

/** Null where the platform has none. */
export function callContext<Content>(): CallContext<Content> | null {
  const hooks = (globalThis as Platform).process?.getBuiltinModule?.("node:async_hooks");
  return hooks ? (new hooks.AsyncLocalStorage() as CallContext<Content>) : null;
}

interface Platform {
  readonly Deno?: object;
  readonly Bun?: object;
  readonly navigator?: { readonly userAgent?: string };
  readonly process?: {
    readonly pid?: number;
    readonly stdout?: { readonly isTTY?: boolean };
    getBuiltinModule?(name: string): { readonly AsyncLocalStorage: new () => unknown } | undefined;
  };
}

/** For people, in lists of instances. */
export function platformName(): "node" | "deno" | "bun" | "workerd" {
  const { Deno, Bun, navigator } = globalThis as Platform;
  if (Deno) return "deno";
  if (Bun) return "bun";
  return navigator?.userAgent === "Cloudflare-Workers" ? "workerd" : "node";
}

/** The process that runs this, where the platform has such; null elsewhere. */
export function ownProcess(): { readonly pid: number; readonly startedAt: number } | null {
  const { pid } = (globalThis as Platform).process ?? {};
  if (!pid || platformName() === "workerd") return null;
  return { pid, startedAt: Math.floor(performance.timeOrigin) };
}

/** Whether somebody is looking at standard output. */
export function isTerminal(): boolean {
  return (globalThis as Platform).process?.stdout?.isTTY ?? false;
}
