/** Whether a single server is what it is taken for: a URL of one may lead to a part of a cluster, or to a Sentinel. */
import type { RedisPlace } from "../../redis-url.ts";
import { type Client, isOfKind } from "./client.ts";

/** A Sentinel knows no scripts, and so says the same of each. */
const NO_SCRIPTS = /^ERR unknown command [`'"]?EVAL/i;
const CLUSTERED = ["MOVED", "ASK", "CROSSSLOT", "CLUSTERDOWN", "TRYAGAIN"];

export const IN_CLUSTER =
  "it is one server of a cluster: write redis+cluster://HOST:PORT,HOST:PORT (rediss+cluster:// for TLS), or hand over a client of the cluster";
export const IS_SENTINEL =
  "it is a Sentinel, which keeps nothing: write redis+sentinel://HOST:PORT,HOST:PORT/MASTER, with the name of what it watches";

/** Null: nothing is wrong with it, or it does not say. Needs no rights, but to tell a cluster of one from a larger one. */
export async function misplacement(client: Pick<Client, "send">): Promise<string | null> {
  const told = await client.send(["HELLO"]).catch(() => null);
  const mode = Array.isArray(told) ? told[told.indexOf("mode") + 1] : null;
  if (mode === "sentinel") return IS_SENTINEL;
  if (mode !== "cluster") return null;
  const info = await client.send(["CLUSTER", "INFO"]).catch(() => null);
  // One that has all slots itself works like any other.
  return Number(/cluster_size:(\d+)/.exec(String(info))?.[1] ?? 1) > 1 ? IN_CLUSTER : null;
}

/** What an answer says about that, as a clause for the end of a sentence; else nothing. */
export function remedyFor(error: unknown, kind: RedisPlace["kind"]): string {
  if (error instanceof Error && NO_SCRIPTS.test(error.message)) return ` (${IS_SENTINEL})`;
  if (kind !== "cluster") return isOfKind(error, ...CLUSTERED) ? ` (${IN_CLUSTER})` : "";
  return isOfKind(error, "CLUSTERDOWN") ? " (some of its slots have no server: see CLUSTER INFO)" : "";
}
