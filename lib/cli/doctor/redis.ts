/** A Redis over TCP: what it is, how fast, what its user may do. */
import type { Config } from "../../config.ts";
import { gateKey } from "../../guard/names.ts";
import { assertInstalled } from "../../optional-package.ts";
import type { Runtime } from "../../runtime.ts";
import { pushChannels } from "../../store/lua/gate/wire.ts";
import { scopeOf } from "../../store/port.ts";
import type { Client } from "../../store/redis/client.ts";
import { openConnection } from "../../store/redis/connection.ts";
import { redis } from "../../store/redis/redis.ts";
import { type RedisSettings, settingsOf } from "../../store/redis/settings.ts";
import { answerChecks, answered, unreachable } from "./answers.ts";
import { type Check, warn } from "./check.ts";
import { openServers } from "./redis-servers.ts";
import { infoOf, keepingChecks, placeChecks, UNTOLD } from "./server-info.ts";
import { refusal, tryStore } from "./trial.ts";

export async function checkRedis(url: string, config: Config, runtime: Runtime): Promise<Check[]> {
  assertInstalled("redis", "redis");
  const settings = settingsOf(url);
  const opened: Client[] = [];
  try {
    const servers = await openServers(settings, runtime);
    opened.push(...servers.all, servers.listening);
    const about = await Promise.all(servers.all.map((client) => serverChecks(client, settings, runtime)));
    const found = unique(about.flat());
    const astray = found.filter(({ about, verdict }) => verdict === "fail" && about !== "eviction");
    if (astray.length > 0) return astray;
    const [first] = servers.all as readonly [Client, ...Client[]];
    const time = () => answered(first.send(["TIME"]) as Promise<readonly string[]>, runtime);
    return [
      ...(await answerChecks("redis", time, config, runtime)),
      ...found,
      ...(await tryStore(redis(url), config, runtime, (keys) => remove(settings, keys, runtime))),
      ...(await pushChecks(first, servers.listening, config, runtime)),
    ];
  } catch (error) {
    // Of a package that is not there.
    if (error instanceof TypeError) throw error;
    return [unreachable(config.store.address, error)];
  } finally {
    for (const client of opened) client.destroy();
  }
}

async function serverChecks(client: Client, { place }: RedisSettings, runtime: Runtime): Promise<Check[]> {
  const ask = (...command: string[]) =>
    answered(client.send(command), runtime).then(
      (told) => infoOf(String(told)),
      () => null,
    );
  // A user may have all rights that count and not this one.
  const info = await ask("INFO");
  if (info === null) return [UNTOLD];
  const cluster = info.get("cluster_enabled") === "1" ? await ask("CLUSTER", "INFO") : null;
  return [...placeChecks(info, { isCluster: place.kind === "cluster", cluster }), ...keepingChecks(info)];
}

/** What several servers say alike is said once. */
const unique = (checks: readonly Check[]): readonly Check[] => [
  ...new Map(checks.map((check) => [`${check.about} ${check.found}`, check])).values(),
];

/** All of them are in one slot. */
async function remove(settings: RedisSettings, keys: readonly string[], runtime: Runtime): Promise<void> {
  const connection = openConnection(settings, runtime);
  const script = { what: "take away what was tried", text: 'return redis.call("DEL", unpack(KEYS))' };
  await connection.run(script, keys, []).finally(() => connection.close());
}

/** On a channel that nobody else listens to. Without it everything works, later. */
async function pushChecks(client: Client, listening: Client, config: Config, runtime: Runtime): Promise<Check[]> {
  const scope = scopeOf(gateKey(config.store.namespace, "doctor"));
  const channels = pushChannels(scope, `doctor-${runtime.uuid()}`);
  try {
    const heard = Promise.withResolvers<void>();
    await answered(
      listening.subscribe(channels, () => heard.resolve()),
      runtime,
    );
    await answered(client.send(["PUBLISH", channels[0], "doctor"]), runtime);
    await answered(heard.promise, runtime);
    return [];
  } catch (error) {
    return [refusal("a push, so that waiting calls hear of free permits later", warn, error)];
  }
}
