/**
 * The state store as the environment has it: reached, how fast, whether it keeps what it is given, and lets itself be
 * used. `redis` and `upstash` ask it themselves, `answers` and `server-info` judge what they are told; `trial` uses any.
 */
import type { Config } from "../../config.ts";
import { platformName, type Runtime } from "../../runtime.ts";
import { type Check, ok, warn } from "./check.ts";
import { checkRedis } from "./redis.ts";
import { tryStore } from "./trial.ts";
import { checkUpstash } from "./upstash.ts";

export async function checkStore(config: Config, runtime: Runtime): Promise<readonly Check[]> {
  const { store } = config;
  switch (store.kind) {
    case "memory":
      return [memoryCheck(config)];
    case "redis":
      return checkRedis(store.url, config, runtime);
    case "upstash":
      return checkUpstash(store.url, store.token, config, runtime);
    case "deno-kv":
      return platformName() === "deno" ? checkDenoKv(store.path, config, runtime) : [elsewhere(config)];
    default:
      return [elsewhere(config)];
  }
}

const elsewhere = ({ store }: Config): Check =>
  ok("store", `${store.address} belongs to its platform, and is not looked at from here`);

function memoryCheck({ app, store }: Config): Check {
  const alone = "memory: each process has a gate for itself, and forgets it when it ends";
  return store.expectedInstances > 1 || app.env === "production"
    ? warn("store", alone, "set STATE_URL to a store that instances share")
    : ok("store", alone);
}

async function checkDenoKv(path: string | null, config: Config, runtime: Runtime): Promise<readonly Check[]> {
  const { denoKv } = await import("../../store/deno-kv/deno-kv.ts");
  return tryStore(denoKv(path ?? undefined), config, runtime);
}
