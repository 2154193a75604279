/** Clients that were at rest in the pool: whether the server has ended them meanwhile, unseen. */
import { hasRested, listenTo, type Rest, restsNow } from "../../database/rest.ts";
import type { Runtime } from "../../runtime.ts";
import type { PgClient } from "./driver.ts";

const watched = new WeakSet<PgClient>();
const ended = new WeakSet<PgClient>();
const rests = new WeakMap<PgClient, Rest>();

/**
 * Nobody listens to one that is taken out of its pool, and the end of its socket would end the process: what it was asked
 * for is told, and whatever it is asked for next.
 */
export function watch(client: PgClient): void {
  if (watched.has(client)) return;
  watched.add(client);
  client.on("error", () => void ended.add(client));
  client.on("end", () => void ended.add(client));
}

/** It goes back to its pool. */
export function noteRest(client: PgClient, runtime: Runtime): void {
  rests.set(client, restsNow(runtime));
}

/** False at once where it was in use just now. */
export function hasEnded(client: PgClient, runtime: Runtime): Promise<boolean> | false {
  const rest = rests.get(client);
  if (!hasRested(rest, runtime)) return false;
  return listenTo(rest, runtime, () => !ended.has(client)).then(() => ended.has(client));
}

/** For the pool, which closes one that is given back with an error. */
export const endedError = (): Error => new Error("The server ended the connection while it was at rest.");
