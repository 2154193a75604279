/** The servers that a Redis consists of, as far as they keep keys: one, or the masters of a cluster. */
import { nodeText, type RedisNode, readRedisNode } from "../../redis-url.ts";
import type { Runtime } from "../../runtime.ts";
import { type Client, connectTo, type Endpoint } from "../../store/redis/client.ts";
import { locatorOf } from "../../store/redis/connection.ts";
import type { RedisSettings } from "../../store/redis/settings.ts";
import { readSlots } from "../../store/redis/slots.ts";

export interface Servers {
  /** At least one. */
  readonly all: readonly Client[];
  /** Another connection, to one of them. */
  readonly listening: Client;
}

/** @throws Error saying why one of them cannot be reached. */
export async function openServers(settings: RedisSettings, runtime: Runtime): Promise<Servers> {
  const { place } = settings;
  const open = (endpoint: Endpoint) => connectTo(endpoint, settings, settings.login, runtime);
  const endpoints =
    place.kind === "cluster"
      ? await mastersOf(place.nodes, open)
      : [await placeOf(locatorOf(place, settings, runtime))];
  const opened: Client[] = [];
  try {
    for (const endpoint of endpoints) opened.push(await open(endpoint));
    return { all: opened, listening: await open(endpoints[0] as Endpoint) };
  } catch (error) {
    for (const client of opened) client.destroy();
    throw error;
  }
}

async function placeOf(locator: ReturnType<typeof locatorOf>): Promise<Endpoint> {
  try {
    return await locator.locate();
  } finally {
    await locator.close?.();
  }
}

/** By the word of the first that can be reached; where nobody may ask it, or it knows none, that one itself. */
async function mastersOf(
  seeds: readonly RedisNode[],
  open: (endpoint: Endpoint) => Promise<Client>,
): Promise<readonly RedisNode[]> {
  const failures: string[] = [];
  for (const seed of seeds) {
    try {
      const client = await open(seed);
      const told = await client.send(["CLUSTER", "SLOTS"]).catch(() => []);
      client.destroy();
      const owners = new Set(readSlots(told, nodeText(seed)).ranges.map(({ owner }) => owner));
      const masters = [...owners].map((owner) => readRedisNode(owner)).filter((node) => node !== null);
      return masters.length > 0 ? masters : [seed];
    } catch (error) {
      if (error instanceof TypeError) throw error;
      failures.push(`${nodeText(seed)}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(failures.join("; "));
}
