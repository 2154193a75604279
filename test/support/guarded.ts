/** A guard over a memory store in virtual time, and calls that end when a test says so. */
import { readConfig } from "../../lib/config.ts";
import { createGuard, type Guard, type GuardOptions } from "../../lib/guard/guard.ts";
import { guardRules } from "../../lib/guard/rules.ts";
import type { Log, LogFields, LogLevel } from "../../lib/log/port.ts";
import { memory } from "../../lib/store/memory.ts";
import type { StoreAdapter } from "../../lib/store/port.ts";
import { type ManualRuntime, manualRuntime } from "../../lib/testing/manual-runtime.ts";

/** What was leased is kept for a second after the last call: then it is given back, and nothing stirs any more. */
export const UNTIL_SILENT_MS = 1_300;

export interface Fleet {
  readonly runtime: ManualRuntime;
  readonly events: { readonly level: LogLevel; readonly event: string; readonly fields: LogFields }[];
  /** Writes into `events`. */
  readonly log: Log;
  /** One more instance on the same store. */
  readonly instance: (refusing?: GuardOptions["refusing"]) => Guard;
}

export function fleet(
  env: Record<string, string> = {},
  store: StoreAdapter = memory(),
  runtime: ManualRuntime = manualRuntime(),
): Fleet {
  const events: Fleet["events"] = [];
  const write =
    (level: LogLevel) =>
    (event: string, fields: LogFields = {}) =>
      void events.push({ level, event, fields });
  const log: Log = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  const opened = store.open(runtime);
  const rules = guardRules(readConfig(env), opened.traits);
  const about = { runtime: "test", region: "", version: "0", startedAt: 0 };
  return {
    runtime,
    events,
    log,
    instance: (refusing) =>
      createGuard({ name: "main", store: opened, key: "main", rules, about, runtime, log, refusing }),
  };
}

/** A call that runs until it is ended from outside, deaf to its signal. */
export interface HeldCall {
  readonly call: (context: { readonly signal: AbortSignal }) => Promise<string>;
  /** The same as a gate's handle calls it. */
  readonly hold: (signal: AbortSignal) => Promise<string>;
  readonly started: () => boolean;
  readonly aborted: () => boolean;
  readonly ended: () => boolean;
  readonly succeed: () => void;
  readonly fail: (error: unknown) => void;
}

export function heldCall(): HeldCall {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let signal: AbortSignal | undefined;
  let ended = false;
  const hold: HeldCall["hold"] = (given) => {
    signal = given;
    return promise;
  };
  return {
    call: (context) => hold(context.signal),
    hold,
    started: () => signal !== undefined,
    aborted: () => signal?.aborted ?? false,
    ended: () => ended,
    succeed: () => {
      ended = true;
      resolve("done");
    },
    fail: (error) => {
      ended = true;
      reject(error);
    },
  };
}

/** What a promise came to, as a value: nothing is left unhandled. */
export interface Result {
  readonly value?: unknown;
  readonly error?: unknown;
}

/** Follows a promise. `result()` is null while it is pending. */
export function follow(promise: Promise<unknown>): { readonly result: () => Result | null } {
  let result: Result | null = null;
  promise.then(
    (value) => {
      result = { value };
    },
    (error) => {
      result = { error };
    },
  );
  return { result: () => result };
}
