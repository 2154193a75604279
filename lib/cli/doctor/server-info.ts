/** What a Redis says of itself (`INFO`), or what speaks like one. */
import { type Check, fail, ok, warn } from "./check.ts";

/** As `lib/store/redis` has it. */
const OLDEST_VERSION = 6.2;

export type ServerInfo = ReadonlyMap<string, string>;

/** `name:value` lines. */
export function infoOf(text: string): ServerInfo {
  const lines = text.split(/\r?\n/).flatMap((line) => {
    const at = line.indexOf(":");
    return at > 0 && !line.startsWith("#") ? [[line.slice(0, at), line.slice(at + 1)] as const] : [];
  });
  return new Map(lines);
}

export const UNTOLD: Check = warn(
  "store settings",
  "its user may not ask for them (INFO)",
  "grant +info, or see yourself that it is a primary, with appendonly yes and maxmemory-policy noeviction",
);

/** Whether it is taken for a cluster, and what it says of the one that it belongs to (`CLUSTER INFO`). */
export interface ClusterFacts {
  readonly isCluster: boolean;
  /** Null: it belongs to none, or does not say. */
  readonly cluster: ServerInfo | null;
}

/** What keeps it from being a home at all. */
export function placeChecks(info: ServerInfo, facts: ClusterFacts): Check[] {
  const version = info.get("redis_version") ?? "";
  const belongs = info.get("cluster_enabled") === "1";
  return [
    version !== "" &&
      Number.parseFloat(version) < OLDEST_VERSION &&
      fail("store version", `Redis ${version}`, `use Redis ${OLDEST_VERSION} or newer`),
    info.get("redis_mode") === "sentinel" &&
      fail(
        "store role",
        "it is a Sentinel, which tells where the primary is and keeps nothing",
        "write STATE_URL=redis+sentinel://HOST:PORT,HOST:PORT/MASTER, with the name of what it watches",
      ),
    info.get("role") === "slave" &&
      fail("store role", "it is a replica, which takes no writes", "point STATE_URL at the primary"),
    belongs && clusterCheck(facts),
    facts.isCluster && !belongs && fail("store role", "it is no cluster", "write STATE_URL=redis://HOST:PORT"),
  ].filter((check) => check !== false);
}

function clusterCheck({ isCluster, cluster }: ClusterFacts): Check {
  const shards = Number(cluster?.get("cluster_size")) || null;
  const size = `${shards === null ? "" : ` of ${shards} ${shards === 1 ? "shard" : "shards"}`}`;
  const state = cluster?.get("cluster_state") ?? "ok";
  if (state !== "ok") {
    const missing = `${cluster?.get("cluster_slots_ok") ?? "not all"} of 16384 slots have a server`;
    return fail("store role", `it is a cluster${size} whose state is ${state}: ${missing}`, "give every slot a server");
  }
  if (isCluster) return ok("store role", `a cluster${size}, whole`);
  if (shards === 1)
    return warn(
      "store role",
      "it is a cluster of one shard, which works until there is another",
      "write STATE_URL=redis+cluster://HOST:PORT",
    );
  return fail(
    "store role",
    `it is a cluster${size}, and gates whose keys are at another are never reached`,
    "write STATE_URL=redis+cluster://HOST:PORT,HOST:PORT",
  );
}

export function keepingChecks(info: ServerInfo): Check[] {
  const policy = info.get("maxmemory_policy");
  const isKept = info.get("aof_enabled");
  return [
    policy !== undefined &&
      (policy === "noeviction"
        ? ok("eviction", "noeviction: nothing is dropped for want of memory")
        : fail(
            "eviction",
            `${policy}: permits and audit may be dropped for want of memory`,
            "set maxmemory-policy noeviction",
          )),
    isKept !== undefined &&
      (isKept === "1"
        ? ok("persistence", "an append-only file: a restart loses little")
        : warn(
            "persistence",
            "no append-only file: a restart loses the gate (which begins anew), the ledger and the audit",
            "set appendonly yes",
          )),
  ].filter((check) => check !== false);
}
