/** A guard over a memory store in virtual time, and calls that end when a test says so. */
import { readConfig } from "../../lib/config.ts";
import { createGuard, type Guard } from "../../lib/guard/guard.ts";
import { guardRules } from "../../lib/guard/rules.ts";
import type { Log, LogFields, LogLevel } from "../../lib/log/port.ts";
import { memory } from "../../lib/store/memory.ts";
import type { StoreAdapter } from "../../lib/store/port.ts";
import { type ManualRuntime, manualRuntime } from "../../lib/testing/manual-runtime.ts";

export interface Fleet {
  readonly runtime: ManualRuntime;
  readonly events: { readonly level: LogLevel; readonly event: string; readonly fields: LogFields }[];
  /** Writes into `events`. */
  readonly log: Log;
  /** One more instance on the same store. */
  readonly instance: () => Guard;
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
    instance: () => createGuard({ name: "main", store: opened, key: "main", rules, about, runtime, log }),
  };
}

/** A call that runs until it is ended from outside, deaf to its signal. */
export interface HeldCall {
  readonly call: (context: { readonly signal: AbortSignal }) => Promise<string>;
  readonly started: () => boolean;
  readonly aborted: () => boolean;
  readonly succeed: () => void;
  readonly fail: (error: unknown) => void;
}

export function heldCall(): HeldCall {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let signal: AbortSignal | undefined;
  return {
    call: (context) => {
      signal = context.signal;
      return promise;
    },
    started: () => signal !== undefined,
    aborted: () => signal?.aborted ?? false,
    succeed: () => resolve("done"),
    fail: reject,
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

/** A store like one across a network: replies are under way until the test delivers them. */
export function heldReplies(adapter: StoreAdapter): {
  readonly adapter: StoreAdapter;
  readonly deliver: () => Promise<void>;
} {
  let underWay: (() => void)[] = [];
  return {
    adapter: {
      ...adapter,
      open: (runtime) => {
        const store = adapter.open(runtime);
        return {
          ...store,
          traits: { ...store.traits, inProcess: false },
          transact: async (machine, key, batch) => {
            const reply = await store.transact(machine, key, batch);
            await new Promise<void>((resolve) => underWay.push(resolve));
            return reply;
          },
        };
      },
    },
    deliver: async () => {
      // Delivering can make the guard send again; that is delivered too.
      for (let turn = 0; turn < 10; turn++) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        const arrived = underWay;
        underWay = [];
        for (const arrive of arrived) arrive();
      }
    },
  };
}
