/** Scripts in a cluster: each goes to the server that has its keys, and follows them where they go. */
import { type RedisNode, readRedisNode } from "../../redis-url.ts";
import type { Runtime } from "../../runtime.ts";
import { sleep } from "../../time.ts";
import type { ScriptRunner } from "../lua/script.ts";
import { isOfKind } from "./client.ts";
import { type Commands, type CommandsOptions, failure, openCommands, QUIET_MS } from "./commands.ts";
import type { RedisSettings } from "./settings.ts";
import { type Address, redirectionOf, slotOf } from "./slots.ts";
import { createTopology } from "./topology.ts";

/** A script is led on so often at most, while slots move. */
const MOST_HOPS = 16;
/** From then on it is led in a circle: the servers have not told each other yet who has the slot. */
const HOPS_AT_ONCE = 2;
/** Until a server that has only a part of the keys of a script, or not yet, is asked again. */
const TRY_AGAIN_MS = 10;

export interface Cluster extends ScriptRunner {
  /** One server after the other, of those that are known: any of them passes on what is published. */
  next(): RedisNode;
  close(): Promise<void>;
}

export function openCluster(
  settings: RedisSettings,
  seeds: readonly RedisNode[],
  runtime: Runtime,
  heard: Pick<CommandsOptions, "gaveUp" | "reached">,
): Cluster {
  const servers = new Map<Address, Commands>();
  let owners: ReadonlySet<Address> = new Set();
  let closed = false;

  function nodeAt(address: Address): RedisNode {
    const node = readRedisNode(address);
    if (node === null) throw failure(settings, "reach it", `a server without an address (${address})`);
    return node;
  }
  function serverAt(address: Address): Commands {
    const there = servers.get(address);
    if (there) return there;
    if (closed) throw failure(settings, "use it", "it is closed");
    const node = nodeAt(address);
    const reached = () => owners.has(address) && heard.reached?.();
    const made = openCommands({ settings, locator: { locate: () => node }, runtime, gaveUp: heard.gaveUp, reached });
    servers.set(address, made);
    return made;
  }
  function isAway(address: Address): boolean {
    const server = servers.get(address);
    return server !== undefined && (server.isLost() || server.silentMs() > QUIET_MS);
  }
  /** Who takes over is there when it is needed; who has no slots any more is not to answer late. */
  function drawn(found: ReadonlySet<Address>, newcomers: readonly Address[]): void {
    owners = found;
    for (const address of newcomers) if (!closed) serverAt(address).open();
    for (const [address, server] of servers) {
      if (owners.has(address)) continue;
      servers.delete(address);
      void server.close();
    }
    // Their connections may have been there long before their slots.
    if (newcomers.length > 0) heard.reached?.();
  }
  const topology = createTopology({ settings, seeds, runtime, serverAt, isAway, drawn });
  const next = () => topology.inTurn()[0] ?? "";

  return {
    async run(script, keys, values) {
      let address = (await topology.ownerOf(slotOf(keys[0] ?? ""))) ?? next();
      let asking = false;
      for (let hops = 0; ; hops++) {
        try {
          return await serverAt(address).run(script, keys, values, asking);
        } catch (error) {
          const said = error instanceof Error ? error.cause : undefined;
          const led = redirectionOf(said, address);
          const waits = isOfKind(said, "TRYAGAIN");
          if (led && !led.asking) topology.corrected(led);
          if (!led?.asking && !waits) topology.doubt();
          if (hops >= MOST_HOPS || (!led && !waits)) throw error;
          if (led) [address, asking] = [led.to, led.asking];
          if (waits || hops >= HOPS_AT_ONCE) await sleep(runtime, TRY_AGAIN_MS);
        }
      }
    },
    next: () => nodeAt(next()),
    async close() {
      closed = true;
      topology.close();
      await Promise.all([...servers.values()].map((server) => server.close()));
    },
  };
}
