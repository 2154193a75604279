/** A permit in the holder's own hands, for what is no function to be called: a protocol, a pool, a job in steps. */
import type { Lane } from "../gate/types.ts";
import type { EventLog } from "../log/events.ts";
import type { Runtime } from "../runtime.ts";
import { type CallContext, DEAF_AFTER_MS, LATER } from "./execute.ts";
import type { Guard, RunOptions } from "./guard.ts";

/**
 * Holds one of a lane's permits until it is disposed of, or its deadline comes.
 *
 * @example
 * ```ts
 * await using permit = await tide.acquire({ deadlineMs: 5_000 });
 * await ftp.send(file, { signal: permit.signal }).catch((error) => {
 *   permit.fail(error);
 *   throw error;
 * });
 * ```
 */
export interface Permit extends AsyncDisposable {
  /** Whose permit it is. */
  readonly lane: Lane;
  /** Aborted at the deadline, and when the caller gives up: what runs on the permit has to end then. */
  readonly signal: AbortSignal;
  /** Until the deadline, in milliseconds; 0 once it has come, or the permit was given back. */
  readonly remainingMs: number;
  /**
   * What the permit was for has failed: it counts against the dependency, by the same rules as what a call throws.
   *
   * @throws Error where the permit was given back before.
   */
  readonly fail: (error: unknown) => void;
  /** Gives it back; the second time does nothing. Resolves when the gate has it. */
  readonly dispose: () => Promise<void>;
}

/** How a permit is asked for: as a call is run. */
export interface AcquireOptions extends RunOptions {}

export interface Acquiring {
  readonly guard: Guard;
  readonly runtime: Runtime;
  readonly log: EventLog;
  /** Notes where each permit was asked for, which takes time: for development. */
  readonly notesPlace: boolean;
}

/** @throws As {@link Guard.run}, for as long as there is no permit. */
export function acquire({ guard, runtime, log, notesPlace }: Acquiring, options: AcquireOptions): Promise<Permit> {
  const place = notesPlace ? new Error("the permit was acquired here") : undefined;
  return new Promise((resolve, reject) => {
    let isHeld = false;
    let isDisposed = false;
    const tellAbandoned = () => {
      if (isDisposed) return;
      log.warn("permit.abandoned", { gate: guard.name, lane: options.lane ?? "request", ...(place && { place }) });
    };
    const hold = (call: CallContext): typeof LATER => {
      const endsAt = runtime.monotonicMs() + call.deadlineMs;
      let failure: { readonly error: unknown } | null = null;
      const dispose = async () => {
        isDisposed = true;
        if (failure) call.fail(failure.error);
        else call.succeed(undefined);
        await ended;
      };
      isHeld = true;
      resolve({
        lane: options.lane ?? "request",
        get signal() {
          return call.signal;
        },
        get remainingMs() {
          return isDisposed ? 0 : Math.max(0, endsAt - runtime.monotonicMs());
        },
        fail: (error) => {
          if (isDisposed) throw new Error("permit: it was given back already; fail it before it is disposed of");
          failure = { error };
        },
        dispose,
        [Symbol.asyncDispose]: dispose,
      });
      return LATER;
    };
    const held = guard.run<void>(hold, { ...options, isAwaited: false });
    // Before there is a permit this is its answer; afterwards the holder knows, or has forgotten it.
    const ended = held.catch((error: unknown) => {
      reject(error);
      if (isHeld && !isDisposed) runtime.setTimer(tellAbandoned, DEAF_AFTER_MS);
    });
  });
}
