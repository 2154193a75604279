/**
 * A store used as the application uses it, by its own adapter, upon scratch keys that expire or are taken away: where the
 * rights of a user end, or a server refuses what it is asked, shows in none of its settings.
 */
import type { Config } from "../../config.ts";
import { gateMachine } from "../../gate/machine.ts";
import { noHoldings } from "../../guard/gate-client/holdings.ts";
import { momentOf } from "../../guard/gate-client/moment.ts";
import { composed, hear } from "../../guard/gate-client/telling.ts";
import { gateKey } from "../../guard/names.ts";
import { guardRules } from "../../guard/rules.ts";
import type { Runtime } from "../../runtime.ts";
import { gateKeys } from "../../store/lua/gate/wire.ts";
import type { Store, StoreAdapter } from "../../store/port.ts";
import { answered, LONGEST_ANSWER_MS } from "./answers.ts";
import { type Check, fail, ok, warn } from "./check.ts";

const ABOUT = "store trial";
/** Of what cannot be taken away. A gate is kept for a minute more. */
const KEPT_MS = 1_000;
const NOBODY = { request: 0, slow: 0, health: 0 };

/** Takes keys away that would stay. */
export type Remove = (keys: readonly string[]) => Promise<unknown>;

/** @param remove Null where nothing can be taken away: then nothing is tried that would stay. */
export async function tryStore(
  adapter: StoreAdapter,
  config: Config,
  runtime: Runtime,
  remove: Remove | null = null,
): Promise<readonly Check[]> {
  const store = adapter.open(runtime);
  const scratch = gateKey(config.store.namespace, `doctor-${runtime.uuid()}`);
  try {
    const found = [
      await tried("a renewal", fail, () => renew(store, scratch, config, runtime), runtime),
      await tried("a small value", fail, () => keepValue(store, scratch), runtime),
      remove && (await tried("a record of the audit", fail, () => append(store, scratch), runtime)),
      config.http.rateLimitPerMinute > 0 &&
        (await tried("a counted request", warn, () => count(store, config, runtime), runtime)),
    ].filter((one) => one !== null && one !== false);
    const bad = found.flatMap((one) => (typeof one === "string" ? [] : [one]));
    const done = found.filter((one) => typeof one === "string");
    return bad.length > 0 ? bad : [ok(ABOUT, `takes ${done.join(", ")}`)];
  } finally {
    // Where that is refused, so is what was to be taken away.
    await remove?.([...gateKeys(scratch), `${scratch}:kv`, `${scratch}:log`]).catch(() => {});
    await store.close();
  }
}

/** @returns What it was, or why it is refused. */
async function tried(
  what: string,
  verdict: typeof fail,
  task: () => Promise<unknown>,
  runtime: Runtime,
): Promise<string | Check> {
  try {
    await answered(task(), runtime);
    return what;
  } catch (error) {
    return refusal(what, verdict, error);
  }
}

/** By the word that a Redis begins with, which may stand behind the place in a script. */
const REMEDIES: readonly (readonly [word: RegExp, remedy: string])[] = [
  [/\bNOPERM\b|user executing the script can't/, "give its user the rights that docs/stores/redis.md lists"],
  [/\bCLUSTERDOWN\b/, "give every slot a server"],
  [/\b(?:MOVED|CROSSSLOT)\b/, "write STATE_URL=redis+cluster://HOST:PORT,HOST:PORT"],
  [/\bREADONLY\b/, "point STATE_URL at the primary"],
  [/\bOOM\b/, "give it more memory, or let whatever else fills it expire"],
  [/\bMISCONF\b/, "mend its disk: it takes no writes while it cannot save them"],
  [/@upstash\/ratelimit/, "npm install @upstash/ratelimit; until then each instance counts for itself"],
];

export function refusal(what: string, verdict: typeof fail, error: unknown): Check {
  const found = error instanceof Error ? error.message : String(error);
  const remedy = REMEDIES.find(([word]) => word.test(found))?.[1] ?? "let it do what the application asks of it";
  return verdict(ABOUT, `refuses ${what}: ${found}`, remedy);
}

/** An instance comes, asks for a permit, and leaves. */
async function renew(store: Store, key: string, config: Config, runtime: Runtime): Promise<void> {
  const own = noHoldings();
  const { gate } = guardRules(config, store.traits);
  const terms = {
    session: "doctor",
    jitter: 0,
    roundTripMs: 0,
    config: { ...gate, windowSeconds: 1, keptMs: KEPT_MS },
    about: { runtime: "doctor", region: "", version: "", startedAt: Math.floor(runtime.wallMs()) },
    keepsNothing: true,
    commands: [],
  };
  for (const leaves of [false, true]) {
    const demand = { waiting: { ...NOBODY, request: 1 }, waitedMs: NOBODY, owed: NOBODY, leaves, open: null };
    const sent = momentOf(runtime);
    const renewal = composed(own, demand, terms, sent);
    const { reply } = await store.transact(gateMachine, key, renewal);
    if (hear(own, reply, renewal, sent, momentOf(runtime), NOBODY)) continue;
    const opening = composed(own, demand, terms, sent);
    await store.transact(gateMachine, key, opening);
  }
}

async function keepValue(store: Store, key: string): Promise<void> {
  await store.kv.set(key, "doctor", KEPT_MS);
  const found = await store.kv.get(key);
  if (found?.value !== "doctor") throw new Error("what was set is not there");
}

async function append(store: Store, name: string): Promise<void> {
  const { appended } = await store.log.append(name, "doctor", 0);
  if (!appended) throw new Error("what was appended is not there");
  await store.log.read(name, Number.MAX_SAFE_INTEGER, 1);
}

/** As `lib/http/access` has the keys. */
async function count(store: Store, config: Config, runtime: Runtime): Promise<void> {
  const rule = { name: "doctor", count: 1, windowMs: KEPT_MS };
  const limiter = await store.openLimiter?.(`tidegate:${config.store.namespace}:limit`, rule, LONGEST_ANSWER_MS);
  await limiter?.take(runtime.uuid());
}
