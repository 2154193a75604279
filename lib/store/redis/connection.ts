/** All that the store asks of a Redis, wherever that is: scripts, each run at most once, and what is published. */
import type { RedisPlace } from "../../redis-url.ts";
import type { Runtime } from "../../runtime.ts";
import type { ScriptRunner } from "../lua/script.ts";
import { openCluster } from "./cluster.ts";
import { type CommandsOptions, failure, longestRetryMs, openCommands } from "./commands.ts";
import type { Given } from "./given.ts";
import { connectBy, type Locator } from "./locator.ts";
import { numberedScripts } from "./numbered.ts";
import { primaryOf } from "./sentinel.ts";
import type { RedisSettings } from "./settings.ts";
import { openSubscriptions, type Subscriptions } from "./subscriptions.ts";

export interface Connection extends ScriptRunner, Pick<Subscriptions, "subscribe"> {
  /** Fails at once where the server was lost and is not back yet. */
  run: ScriptRunner["run"];
  /** Calls `listener` whenever there is a server again that can be asked. Returns what stops it. */
  readonly onReachable?: ((listener: () => void) => () => void) | undefined;
  close(): Promise<void>;
}

export function openConnection(settings: RedisSettings, runtime: Runtime): Connection {
  const waiting = new Set<() => void>();
  const { scripts, listensAt, close } = scriptsOf(settings, runtime, {
    gaveUp: () => subscriptions.renew(new Error("the server was given up")),
    reached: () => {
      for (const listener of [...waiting]) listener();
    },
  });
  const subscriptions = openSubscriptions({
    connect: async () => (await connectBy(listensAt, settings, runtime)).client,
    longestRetryMs: longestRetryMs(settings),
    runtime,
  });
  return {
    run: (script, keys, values) => scripts.run(script, keys, values),
    subscribe: subscriptions.subscribe,
    onReachable(listener) {
      waiting.add(listener);
      return () => void waiting.delete(listener);
    },
    async close() {
      await Promise.all([scripts.close(), subscriptions.close(), close?.()]);
    },
  };
}

/** Until a connection to listen on, which could not be made, is tried again. */
const LISTEN_RETRY_MS = 1_000;
const CLOSED = "a client that is closed, or was never told to connect()";
const LOST = "a client that has lost its server, and is not back yet";

/** Over a client that stays its owner's. */
export function overGiven(given: Given, runtime: Runtime): Connection {
  const { evaluate } = numberedScripts(runtime, given.leadsByKey);
  const whose = { address: given.address, place: { kind: given.leadsByKey ? "cluster" : "server" } } as const;
  const subscriptions = openSubscriptions({ connect: given.listening, longestRetryMs: LISTEN_RETRY_MS, runtime });
  let wasThere = false;
  return {
    async run(script, keys, values) {
      const state = given.state();
      if (state === "closed") throw failure(whose, script.what, CLOSED);
      // While it connects for the first time it keeps the command until then; later that would be old when it is sent.
      if (state === "away" && wasThere) throw failure(whose, script.what, LOST);
      try {
        const answer = await evaluate(given, script, keys, values);
        wasThere = true;
        return answer;
      } catch (error) {
        throw failure(whose, script.what, error);
      }
    },
    subscribe: subscriptions.subscribe,
    close: () => subscriptions.close(),
  };
}

interface Scripts {
  readonly scripts: ScriptRunner & { close(): Promise<void> };
  readonly listensAt: Locator;
  readonly close?: (() => Promise<void>) | undefined;
}

function scriptsOf(
  settings: RedisSettings,
  runtime: Runtime,
  heard: Pick<CommandsOptions, "gaveUp" | "reached">,
): Scripts {
  const { place } = settings;
  if (place.kind === "cluster") {
    const cluster = openCluster(settings, place.nodes, runtime, heard);
    return { scripts: cluster, listensAt: { locate: cluster.next } };
  }
  const locator = locatorOf(place, settings, runtime);
  return { scripts: openCommands({ settings, locator, runtime, ...heard }), listensAt: locator, close: locator.close };
}

/** After a failover it leads elsewhere. Whoever has asked it closes it. */
export function locatorOf(
  place: Exclude<RedisPlace, { kind: "cluster" }>,
  settings: RedisSettings,
  runtime: Runtime,
): Locator & { close?(): Promise<void> } {
  switch (place.kind) {
    case "sentinel":
      return primaryOf({ settings, sentinels: place.nodes, master: place.master, runtime });
    case "socket":
      return { locate: () => ({ path: place.path }) };
    case "server":
      return { locate: () => place.node };
  }
}
