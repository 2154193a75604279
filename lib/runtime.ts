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
    cpuUsage?(): { readonly user: number; readonly system: number };
    readonly memoryUsage?: { rss(): number };
    getBuiltinModule?<Name extends keyof Builtin>(name: Name): Builtin[Name] | undefined;
  };
}

interface Builtin {
  readonly "node:async_hooks": { readonly AsyncLocalStorage: new () => unknown };
  readonly "node:perf_hooks": {
    monitorEventLoopDelay(options: { readonly resolution: number }): {
      enable(): boolean;
      disable(): boolean;
      /** In nanoseconds. */
      percentile(percentile: number): number;
      reset(): void;
    };
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

/** What a process has taken so far of its machine. */
export interface ProcessUsage {
  /** Of memory, at this moment. */
  readonly residentBytes: number;
  /** Of the processor, in its own code and in the system's, in milliseconds. */
  readonly cpuMs: number;
}

/** Null where there is no process, or it cannot tell. */
export function processUsage(): ProcessUsage | null {
  const { cpuUsage, memoryUsage } = (globalThis as Platform).process ?? {};
  if (!ownProcess() || !cpuUsage || !memoryUsage) return null;
  const { user, system } = cpuUsage();
  return { residentBytes: memoryUsage.rss(), cpuMs: (user + system) / 1_000 };
}

/** By how much the event loop is late, since it was watched or told last. */
export interface LoopDelay {
  /** In milliseconds, from 0 to 100. */
  readonly percentileMs: (percentile: number) => number;
  /** Begins anew. */
  readonly reset: () => void;
  readonly stop: () => void;
}

/** So often a look is due. */
const LOOP_LOOK_MS = 20;

/** Null where that is not Node: what others have by this name sees no work that keeps the loop from turning. */
export function watchLoopDelay(): LoopDelay | null {
  const hooks = (globalThis as Platform).process?.getBuiltinModule?.("node:perf_hooks");
  if (!hooks || !ownProcess() || platformName() !== "node") return null;
  const watch = hooks.monitorEventLoopDelay({ resolution: LOOP_LOOK_MS });
  watch.enable();
  return {
    // It measures from one look to the next.
    percentileMs: (percentile) => Math.max(0, watch.percentile(percentile) / 1_000_000 - LOOP_LOOK_MS),
    reset: () => watch.reset(),
    stop: () => void watch.disable(),
  };
}

/** Whether somebody is looking at standard output. */
export function isTerminal(): boolean {
  return (globalThis as Platform).process?.stdout?.isTTY ?? false;
}
