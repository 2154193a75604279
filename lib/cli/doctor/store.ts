/** The state store as the environment has it: reached, how fast, and whether it keeps what it is given. */
import type { Config } from "../../config.ts";
import { mayAuditEnd } from "../../recovery/recovery.ts";
import type { Runtime } from "../../runtime.ts";
import { ask } from "../../store/upstash/command.ts";
import { withDeadline } from "../../time.ts";
import { type Check, fail, ok, warn } from "./check.ts";
import { clockCheck, type Reading, readClock } from "./clock.ts";

const READINGS = 5;
const LONGEST_ANSWER_MS = 5_000;
/** As `lib/store/redis` has it. */
const OLDEST_VERSION = 6.2;
/** As the stores themselves have it, where STATE_DEADLINE_MS is not set. */
const DEADLINES_MS = { redis: 250, upstash: 1_000 };

export async function checkStore(config: Config, runtime: Runtime): Promise<readonly Check[]> {
  const { store } = config;
  switch (store.kind) {
    case "memory":
      return memoryChecks(config);
    case "redis":
      return redisChecks(store.url, config, runtime);
    case "upstash":
      return upstashChecks(store.url, store.token, config, runtime);
    default:
      return [ok("store", `${store.address} belongs to its platform, and is not looked at from here`)];
  }
}

function memoryChecks({ app, store, audit }: Config): Check[] {
  const alone = "each process has a gate for itself, and forgets it when it ends";
  return [
    store.expectedInstances > 1 || app.env === "production"
      ? warn("store", `memory: ${alone}`, "set STATE_URL to a store that instances share")
      : ok("store", `memory: ${alone}`),
    audit.file === null && !mayAuditEnd(app.env)
      ? warn(
          "audit",
          "would end with the process, so that restarts are refused",
          "set AUDIT_FILE, or a STATE_URL that is shared",
        )
      : ok(
          "audit",
          audit.file === null ? "ends with the process, as development and testing may" : `goes to ${audit.file}`,
        ),
  ];
}

async function redisChecks(url: string, config: Config, runtime: Runtime): Promise<Check[]> {
  const { createClient } = await import("redis");
  const client = createClient({ url, socket: { reconnectStrategy: false, connectTimeout: LONGEST_ANSWER_MS } });
  // Told by what is asked of it.
  client.on("error", () => {});
  try {
    await client.connect();
    const readings = await clockOf(() => client.sendCommand<readonly string[]>(["TIME"]), runtime);
    const info = infoOf(await client.info());
    return [...answerChecks("redis", readings, config), ...infoChecks(info)];
  } catch (error) {
    return [unreachable(config.store.address, error)];
  } finally {
    client.destroy();
  }
}

async function upstashChecks(url: string, token: string, config: Config, runtime: Runtime): Promise<Check[]> {
  const tell = (...command: string[]): Promise<unknown> => {
    const late = new AbortController();
    return withDeadline(ask({ url, token }, command, late.signal, runtime), {
      ms: LONGEST_ANSWER_MS,
      runtime,
      refuse: () => {
        late.abort();
        return new Error(`no answer within ${LONGEST_ANSWER_MS / 1_000} s`);
      },
    });
  };
  try {
    const readings = await clockOf(async () => (await tell("TIME")) as readonly string[], runtime);
    const info = await tell("INFO").then(
      (text) => infoOf(String(text)),
      () => new Map<string, string>(),
    );
    return [...answerChecks("upstash", readings, config), ...infoChecks(info)];
  } catch (error) {
    return [unreachable(config.store.address, error)];
  }
}

function unreachable(address: string, error: unknown): Check {
  const found = error instanceof Error ? error.message : String(error);
  return fail("store", `${address}: ${found}`, "check STATE_URL (and STATE_TOKEN), and that it lets this machine in");
}

/** @param time Asks for its clock, which every message of the application reads: seconds and microseconds. */
async function clockOf(time: () => Promise<readonly string[]>, runtime: Runtime): Promise<readonly Reading[]> {
  const tell = async () => {
    const [seconds, microseconds] = await time();
    return Number(seconds) * 1_000 + Number(microseconds) / 1_000;
  };
  // The first one pays for what is opened.
  await tell();
  const readings: Reading[] = [];
  while (readings.length < READINGS) readings.push(await readClock(tell, runtime));
  return readings;
}

function answerChecks(kind: keyof typeof DEADLINES_MS, readings: readonly Reading[], config: Config): Check[] {
  return [
    latency(readings, config, config.store.deadlineMs ?? DEADLINES_MS[kind]),
    clockCheck("store clock", readings, config),
  ];
}

/** Half of the deadline is left for the message itself and a bad moment. */
function latency(readings: readonly Reading[], { store }: Config, deadlineMs: number): Check {
  const slowestMs = Math.max(...readings.map(({ tookMs }) => tookMs));
  const within = `within ${slowestMs.toFixed(1)} ms, of ${deadlineMs} ms (STATE_DEADLINE_MS)`;
  const found = `${store.address} answers ${within}`;
  if (slowestMs <= deadlineMs / 2) return ok("store", found);
  return warn("store", found, "use one that is nearer, or raise STATE_DEADLINE_MS: what is later counts as away");
}

/** `name:value` lines, of a server or of what speaks like one. */
function infoOf(text: string): ReadonlyMap<string, string> {
  const lines = text.split(/\r?\n/).flatMap((line) => {
    const at = line.indexOf(":");
    return at > 0 && !line.startsWith("#") ? [[line.slice(0, at), line.slice(at + 1)] as const] : [];
  });
  return new Map(lines);
}

function infoChecks(info: ReadonlyMap<string, string>): Check[] {
  const version = info.get("redis_version") ?? "";
  const policy = info.get("maxmemory_policy");
  const isKept = info.get("aof_enabled") === "1";
  return [
    ...(version !== "" && Number.parseFloat(version) < OLDEST_VERSION
      ? [fail("store version", `Redis ${version}`, `use Redis ${OLDEST_VERSION} or newer`)]
      : []),
    ...(info.get("role") === "slave"
      ? [fail("store role", "it is a replica, which takes no writes", "point STATE_URL at the primary")]
      : []),
    ...(policy === undefined
      ? []
      : [
          policy === "noeviction"
            ? ok("eviction", "noeviction: nothing is dropped for want of memory")
            : fail(
                "eviction",
                `${policy}: permits and audit may be dropped for want of memory`,
                "set maxmemory-policy noeviction",
              ),
        ]),
    ...(info.has("aof_enabled")
      ? [
          isKept
            ? ok("persistence", "an append-only file: a restart loses little")
            : warn(
                "persistence",
                "no append-only file: a restart loses the gate (which begins anew), the ledger and the audit",
                "set appendonly yes",
              ),
        ]
      : []),
  ];
}
