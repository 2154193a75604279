/** A connection of somebody's pool under a permit. */
import { isTooLate } from "../database/port.ts";
import { exhausted } from "../database/queue.ts";
import type { Outcome, QueuedLane } from "../gate/types.ts";
import { connectByOf } from "../guard/database/database-call.ts";
import { DatabaseTime } from "../guard/database/database-time.ts";
import { type CallContext, DEAF_AFTER_MS, LATER } from "../guard/execute.ts";
import type { Insides } from "../guard/insides.ts";
import type { Tracing } from "../telemetry/port.ts";
import { databaseAttributes, statementSpans } from "../telemetry/statement.ts";
import { textOfOthers } from "../telemetry/statement-text.ts";
import { byDriver } from "./errors.ts";
import { Hold, type HoldPlan, type Line } from "./hold.ts";
import type { Limits } from "./options.ts";

/** Of a call that needs a connection. */
export interface Wanted {
  readonly lane: QueuedLane;
  readonly call: CallContext;
  /** Until when it waits for one, on the monotonic clock; one that is being opened has its chance. */
  readonly connectBy: number;
}

export interface Lines<Held extends Line> {
  /** @throws DatabaseError where there is none in time; the pool's own error once it was ended. */
  take(wanted: Wanted): Promise<Held> | Held;
  /** What the pool's own errors count as; undefined leaves it to the table. */
  classify(error: unknown): Outcome | undefined;
}

/** Begins what is to be done on a connection. The call ends by what the hold is told. */
export type Task<Held extends Line> = (hold: Hold<Held>, line: Held) => void;

/** @throws As a guarded call, for as long as there is no connection; then what the hold was told. */
export type Under<Held extends Line> = <Value>(limits: Limits, task: Task<Held>, isForOne: boolean) => Promise<Value>;

/** @param address Of the database, for people. */
export function permitsOf<Held extends Line>(lines: Lines<Held>, insides: Insides, address: string): Under<Held> {
  const { guard, runtime } = insides;
  const spanOf = statementsTraced(insides.tracing, address);
  return <Value>(limits: Limits, task: Task<Held>, isForOne: boolean): Promise<Value> => {
    const { lane, deadlineMs, waitMs, signal } = limits;
    const time = new DatabaseTime(runtime);
    const waitUntil = runtime.monotonicMs() + waitMs;
    const begin = (call: CallContext, line: Held) => {
      if (call.over || isTooLate(call, runtime)) {
        line.back(undefined);
        return call.fail(call.over ? call.over.reason : exhausted());
      }
      time.connected();
      const hold = new Hold(line, { call, time, insides, isForOne, lane, spanOf });
      try {
        task(hold, line);
      } catch (error) {
        hold.fail(error);
      }
    };
    const answer = guard.run<Value>(
      (call) => {
        time.resume();
        const line = lines.take({ lane, call, connectBy: connectByOf(call, waitUntil, runtime) });
        if (line instanceof Promise) {
          line.then(
            (taken) => begin(call, taken),
            (error: unknown) => call.fail(error),
          );
        } else begin(call, line);
        return LATER;
      },
      {
        lane,
        deadlineMs,
        waitMs,
        signal,
        ranMs: time.ms,
        classify: (error) => time.classify(error) ?? lines.classify(error) ?? byDriver(error),
        ends: true,
        isAwaited: isForOne,
      },
    );
    const { explain } = insides;
    if (!explain) return answer;
    return answer.catch((error: unknown) => {
      explain(error);
      throw error;
    });
  };
}

/** Null where there are no traces. */
function statementsTraced(tracing: Tracing | null, address: string): HoldPlan["spanOf"] {
  if (!tracing) return null;
  const begin = statementSpans(databaseAttributes({ kind: "postgres", address }));
  return (lane, text) => (tracing.isOn() ? begin(tracing, lane, textOfOthers(text)) : null);
}

/** A permit until its connection is given back by hand. */
export interface Lending<Held extends Line> {
  readonly hold: Hold<Held>;
  readonly line: Held;
  /** When the pool has it back, or it is closed. */
  readonly ended: Promise<void>;
}

/**
 * @param isKept Whether it was not given back.
 * @throws As {@link Under}.
 */
export function lend<Held extends Line>(
  under: Under<Held>,
  { guard, runtime, log, notesPlace }: Insides,
  limits: Limits,
  isKept: () => boolean,
): Promise<Lending<Held>> {
  const place = notesPlace ? new Error("the connection was taken here") : undefined;
  const { promise, resolve, reject } = Promise.withResolvers<Lending<Held>>();
  let isLent = false;
  const tellAbandoned = () => {
    if (isKept()) log.warn("permit.abandoned", { gate: guard.name, lane: limits.lane, ...(place && { place }) });
  };
  const lending: Task<Held> = (hold, line) => {
    const ended = Promise.withResolvers<void>();
    hold.time.pause();
    hold.whenEnded(() => {
      ended.resolve();
      if (hold.failure) hold.fail(hold.failure.error);
      else hold.succeed(undefined);
    });
    isLent = true;
    resolve({ hold, line, ended: ended.promise });
  };
  // Before there is a connection this is its answer; afterwards the holder knows, or has forgotten it.
  under(limits, lending, false).catch((error: unknown) => {
    reject(error);
    if (isLent) runtime.setTimer(tellAbandoned, DEAF_AFTER_MS);
  });
  return promise;
}
