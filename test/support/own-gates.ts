/** Applications with gates of their own, over one store, in virtual time: what they say, and what is logged. */
import { readConfig } from "../../lib/config.ts";
import type { LogFields, LogLevel } from "../../lib/log/port.ts";
import { memory } from "../../lib/store/memory.ts";
import type { StoreAdapter } from "../../lib/store/port.ts";
import { type Answer, fakeDatabase } from "../../lib/testing/fake-database.ts";
import { type ManualRuntime, manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { type Tidegate, tidegate } from "../../lib/tidegate.ts";

export interface Line {
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: LogFields;
}

export interface Applications {
  readonly runtime: ManualRuntime;
  readonly lines: readonly Line[];
  /** Those lines of the log that have this name. */
  readonly told: (event: string) => readonly Line[];
  /** One more instance on the same store. */
  readonly application: () => Tidegate;
}

/**
 * @param env Beside `APP_ENV=production`.
 * @param answer Of the database, to any statement.
 */
export function applications(
  env: Record<string, string> = {},
  store: StoreAdapter = memory(),
  runtime: ManualRuntime = manualRuntime(),
  answer: Answer = () => [{ id: 1 }],
): Applications {
  const lines: Line[] = [];
  const write =
    (level: LogLevel) =>
    (event: string, fields: LogFields = {}) =>
      void lines.push({ level, event, fields });
  const log = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  const config = readConfig({ APP_ENV: "production", STATE_NAMESPACE: "test", EXPECTED_INSTANCES: "1", ...env });
  const database = fakeDatabase(answer);
  return {
    runtime,
    lines,
    told: (name) => lines.filter(({ event }) => event === name),
    application: () => tidegate({ database, store, config, log, runtime }),
  };
}

export interface WatchedStore {
  readonly adapter: StoreAdapter;
  /** Sent so far, of all gates or of those with that in their key. */
  readonly messages: (key?: string) => number;
  readonly subscriptions: () => number;
}

/** A memory store that counts what instances ask of it. */
export function watchedStore(): WatchedStore {
  const adapter = memory();
  const sent: string[] = [];
  let subscriptions = 0;
  return {
    adapter: {
      ...adapter,
      open: (runtime) => {
        const store = adapter.open(runtime);
        return {
          ...store,
          transact: (machine, key, message) => {
            sent.push(key);
            return store.transact(machine, key, message);
          },
          onPush: (...listening) => {
            subscriptions += 1;
            return store.onPush(...listening);
          },
        };
      },
    },
    messages: (key = "") => sent.filter((one) => one.includes(key)).length,
    subscriptions: () => subscriptions,
  };
}
