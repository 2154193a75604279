/** An instance that asks for a restart and dies in the middle of it, at the place that the environment names. */
import { Hono } from "hono";
import { type RestartProvider, type TidegateEnv, tidegate } from "tidegate";
import { readConfig } from "tidegate/config";
import { redis } from "tidegate/stores/redis";
import { fakeDatabase } from "tidegate/testing";

/** After its audit record was written, or when its hook was called. */
export type Death = "audited" | "fired";

export const TOKEN = "a-token-that-is-long-enough-to-pass";
/** The ledger waits this long for the end, and ten seconds. */
const FIRE_WITHIN_MS = 2_000;

/** @param die Called at the place. Nobody dies where it is not given. */
export function instance(
  env: Record<string, string>,
  die?: { readonly at: Death; readonly now: () => Promise<never> },
) {
  const fired: string[] = [];
  const restart: RestartProvider = {
    name: "webhook",
    targets: [],
    capabilities: ["restart"],
    deadlineMs: FIRE_WITHIN_MS,
    fire: async ({ id }) => {
      fired.push(id);
      return die?.at === "fired" ? die.now() : null;
    },
  };
  const address = env.STATE_URL ?? "";
  const adapter = redis(address);
  const open: typeof adapter.open = (runtime) => {
    const store = adapter.open(runtime);
    const append: typeof store.log.append = async (...record) => {
      const appended = await store.log.append(...record);
      return die?.at === "audited" && appended.appended ? die.now() : appended;
    };
    return { ...store, log: { ...store.log, append } };
  };
  const config = readConfig({ ...env, ADMIN_TOKENS: `ada:${TOKEN}`, RATE_LIMIT_PER_MINUTE: "0", LOG_LEVEL: "error" });
  const tide = tidegate({ database: fakeDatabase(() => []), store: { ...adapter, open }, config, restart });
  const app = new Hono<TidegateEnv>().use(tide.middleware()).onError(tide.onError).route("/", tide.routes());
  const ask = async (path: string, init: RequestInit = {}) => {
    const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
    const response = await app.request(`/admin/api/${path}`, { ...init, headers });
    // biome-ignore lint/suspicious/noExplicitAny: tests look into payloads whose shape is what they check.
    return { status: response.status, body: (await response.json()) as any };
  };
  return { fired, ask, restart: () => ask("worker/restart", { method: "POST", body: "{}" }), close: tide.close };
}

if (process.env.DIE_AT) {
  const now = () => {
    process.kill(process.pid, "SIGKILL");
    return new Promise<never>(() => {});
  };
  const { STATE_URL = "", STATE_NAMESPACE = "", DIE_AT } = process.env;
  await instance({ STATE_URL, STATE_NAMESPACE }, { at: DIE_AT as Death, now }).restart();
}
