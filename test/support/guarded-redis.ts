/** Guards over a real Redis behind a proxy, and somebody who sees the shared gate past that. */
import { setTimeout } from "node:timers/promises";
import { expect } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { createGuard, type Guard } from "../../lib/guard/guard.ts";
import { guardRules } from "../../lib/guard/rules.ts";
import type { Log, LogFields } from "../../lib/log/port.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import type { Store } from "../../lib/store/port.ts";
import { redis } from "../../lib/store/redis/redis.ts";
import { follow, heldCall } from "./guarded.ts";
import { eventually } from "./processes.ts";
import { DEADLINE_MS, type RedisScene, redisScene } from "./redis-troubles.ts";

/** Two instances share four permits. */
export const ENV = {
  ...{ DB_POOL_SIZE: "4", DB_MAX_OVERFLOW: "0", DB_POOL_TIMEOUT: "30", DB_MAX_WAITING: "100" },
  ...{ EXPECTED_INSTANCES: "2", STATE_DEADLINE_MS: String(DEADLINE_MS), LOG_LEVEL: "error" },
};
export const SHARE = 2;
export const LEASE_MS = 2_000;
/** Idle for so long, an instance holds nothing, and what it leased is over. */
export const IDLE_MS: number = 1_500 + LEASE_MS;
const KEY = "{tidegate:test:main}";

interface Line {
  readonly level: string;
  readonly event: string;
  readonly fields: LogFields;
}

export interface Instance {
  readonly guard: Guard;
  readonly lines: Line[];
  /** When each renewal was sent. */
  readonly renewals: number[];
  /** One call, that comes to a good end. */
  readonly call: () => Promise<void>;
  /** Goes on calling until it is, or is not. */
  readonly isAttached: (wanted: boolean) => Promise<unknown>;
  /** Whether its calls run by the shared gate, as the observer sees it. */
  readonly isShared: () => Promise<boolean>;
  /** Attached, with a permit of the shared gate, and nothing in its log. */
  readonly settledIn: () => Promise<void>;
  readonly storeEvents: () => readonly string[];
}

export interface GuardedRedis {
  readonly scene: RedisScene;
  readonly instance: (env?: Record<string, string>) => Instance;
  readonly close: () => Promise<void>;
}

export async function guardedRedis(): Promise<GuardedRedis> {
  const scene = await redisScene();
  const opened: Store[] = [];
  function open(url: string, env: Record<string, string>) {
    const runtime = systemRuntime();
    const store = redis(url).open(runtime);
    opened.push(store);
    const renewals: number[] = [];
    const counted: Store = {
      ...store,
      transact: (machine, key, message) => {
        renewals.push(performance.now());
        return store.transact(machine, key, message);
      },
    };
    const { log, lines } = recordedLog();
    const rules = guardRules(readConfig({ ...ENV, ...env }), store.traits);
    const about = { runtime: "test", region: "", version: "0", startedAt: 0 };
    return {
      guard: createGuard({ name: "main", store: counted, key: KEY, rules, about, runtime, log }),
      lines,
      renewals,
    };
  }
  const observer = open(scene.server.url, {});

  return {
    scene,
    close: async () => {
      await Promise.all(opened.map((store) => store.close()));
      await scene.close();
    },
    instance: (env = {}) => {
      const { guard, lines, renewals } = open(scene.url, env);
      const call = async () => expect(await guard.run(() => "done")).toBe("done");
      const isAttached = (wanted: boolean) =>
        eventually(`attached is ${wanted}`, async () => {
          await call();
          return guard.attached() === wanted;
        });
      const isShared = async () => {
        const held = heldCall();
        const done = follow(guard.run(held.call));
        await eventually("the call starts", held.started);
        let running = 0;
        for (let look = 0; look < 10 && running === 0; look++) {
          await setTimeout(50);
          const view = await observer.guard.view();
          running = observer.guard.attached() ? view.lanes.request.running : 0;
        }
        held.succeed();
        await eventually("the call ends", () => done.result() !== null);
        expect(done.result()).toEqual({ value: "done" });
        return running === 1;
      };
      return {
        ...{ guard, lines, renewals, call, isAttached, isShared },
        // At the first renewal Redis learns the script, which on a busy machine can take longer than the deadline.
        settledIn: async () => {
          await isAttached(true);
          await eventually("the shared gate is asked", isShared);
          lines.length = 0;
        },
        storeEvents: () => lines.filter(({ event }) => event.startsWith("store.")).map(({ event }) => event),
      };
    },
  };
}

export function recordedLog(): { log: Log; lines: Line[] } {
  const lines: Line[] = [];
  const write =
    (level: string) =>
    (event: string, fields: LogFields = {}) =>
      void lines.push({ level, event, fields });
  return { log: { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") }, lines };
}
