/** Which cells there are, and why the others cannot be. */
import { denoUnavailable } from "../support/deno.ts";
import { postgresUnavailable } from "../support/postgres.ts";
import { redisUnavailable } from "../support/redis.ts";
import { workerdUnavailable } from "../support/workerd.ts";
import { type Cell, RUNTIMES, type RuntimeName, STORES, type StoreName } from "./cell.ts";

const ONLY_WORKERS = "Durable Objects are Cloudflare's";
const ONLY_DENO = "Deno KV is Deno's";

/** Null: it is there. */
const STORE_OF: Readonly<Record<RuntimeName, Readonly<Record<StoreName, string | null>>>> = (() => {
  const node = { memory: null, redis: null, upstash: null, "durable-object": ONLY_WORKERS, "deno-kv": ONLY_DENO };
  return {
    node,
    deno: { ...node, "deno-kv": null },
    workerd: {
      ...node,
      redis: "over TCP it is not for Workers: upstash: speaks to it over REST",
      "durable-object": null,
    },
    vercel: node,
    netlify: node,
    lambda: node,
  };
})();

/** Why it cannot run here at all; null where it can. */
export function obstacle({ runtime, store }: Cell): string | null {
  const missing = [
    STORE_OF[runtime][store],
    postgresUnavailable(),
    store === "redis" || store === "upstash" ? redisUnavailable() : undefined,
    runtime === "deno" ? denoUnavailable() : undefined,
    runtime === "workerd" ? workerdUnavailable() : undefined,
  ];
  return missing.find((reason) => reason != null) ?? null;
}

export const CELLS: readonly Cell[] = RUNTIMES.flatMap((runtime) => STORES.map((store) => ({ runtime, store })));

/** One for each runtime, and each store at least once: what every change is shown to. */
const SHORT: readonly string[] = ["node × redis", "deno × deno-kv", "workerd × durable-object", "lambda × upstash"];

export const nameOf = ({ runtime, store }: Cell): string => `${runtime} × ${store}`;

/** @param all Else the short list. */
export const cellsOf = (runtimes: readonly RuntimeName[], all: boolean): readonly Cell[] =>
  CELLS.filter((cell) => runtimes.includes(cell.runtime) && (all || SHORT.includes(nameOf(cell))));
