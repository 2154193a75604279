/** Kept answers beside what they are measured by: a static route, the same route without `keep`, an outage. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, get } from "node:http";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import autocannon from "autocannon";
import { createKept } from "../../lib/kept/kept.ts";
import { keepRules } from "../../lib/kept/rules.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import { redis } from "../../lib/store/redis/redis.ts";
import { afterAnswers } from "../support/after-answers.ts";
import { type PostgresServer, postgresUnavailable, startPostgres } from "../support/postgres.ts";
import { redisUnavailable, startRedis } from "../support/redis.ts";
import { proxyTo } from "../support/tcp.ts";
import { measuredMs, median, percentile } from "./measure.ts";

const SERVER = fileURLToPath(new URL("./kept-server.ts", import.meta.url));
const ROUNDS = 12;
const CONNECTIONS = 20;
const PER_SECOND = 500;
const OUTAGE_SECONDS = 300;
const REDIS_ANSWERS = 2_000;

export async function benchKept(): Promise<void> {
  await fromRedis();
  const unavailable = postgresUnavailable();
  if (unavailable) return console.log(`\nKept answers: not measured, ${unavailable}`);
  const postgres = await startPostgres();
  let connections = 0;
  const proxy = await proxyTo(postgres.port, () => {
    connections += 1;
    return false;
  });
  const server = spawn(process.execPath, ["--conditions=tidegate-source", SERVER], {
    env: { ...process.env, DATABASE_URL: postgres.url.replace(`:${postgres.port}/`, `:${proxy.port}/`) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [url] = (await once(createInterface(server.stdout), "line")) as [string];
    await compare(url, "/static", "/kept/fresh", "at least 0.85x");
    await compare(url, "/asked", "/kept/asked", "at least 0.97x");
    await outage(url, postgres, () => connections);
  } finally {
    server.kill("SIGKILL");
    await proxy.close();
    await postgres.dispose();
  }
}

interface Round {
  readonly perSecond: number;
  /** Of the server, a request. Steadier than the rate where others use the machine too. */
  readonly cpuMicroseconds: number;
}

async function compare(url: string, base: string, kept: string, wanted: string): Promise<void> {
  const routes = [base, kept] as const;
  const measured: [Round[], Round[]] = [[], []];
  // They take turns, and each goes first as often as the other; the first round is for warming up.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const n of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      const figures = await load(url, routes[n]);
      if (round > 0) measured[n].push(figures);
    }
  }
  console.log(`\n${kept} beside ${base}, Node, ${CONNECTIONS} connections (${wanted})`);
  for (const n of [0, 1] as const) {
    const of = (figure: (round: Round, at: number) => number) => median(measured[n].map(figure));
    const rate = of(({ perSecond }) => perSecond).toFixed(0);
    const cpu = of(({ cpuMicroseconds }) => cpuMicroseconds).toFixed(1);
    // Within a round, since rounds differ by more than routes do.
    const before = (at: number) => measured[0][at] as Round;
    const rates = of(({ perSecond }, at) => perSecond / before(at).perSecond).toFixed(2);
    const cpus = of(({ cpuMicroseconds }, at) => before(at).cpuMicroseconds / cpuMicroseconds).toFixed(2);
    console.log(`  ${routes[n].padEnd(36)} ${rate.padStart(9)} /s ${cpu.padStart(9)} us   ${rates}x   by CPU ${cpus}x`);
  }
}

async function load(url: string, route: string): Promise<Round> {
  const cpuTime = async () => {
    const { user, system } = (await (await fetch(`${url}/cpu`)).json()) as NodeJS.CpuUsage;
    return user + system;
  };
  const before = await cpuTime();
  let clients = 0;
  const { requests, non2xx, errors, duration } = await autocannon({
    url: `${url}${route}`,
    connections: CONNECTIONS,
    duration: 1,
    // A question of its own for each: identical ones at the same time would be one.
    setupClient: (client) => client.setRequests([{ method: "GET", path: `${route}?client=${clients++}` }]),
  });
  if (non2xx + errors > 0) throw new Error(`bench kept: ${route} must answer 200, ${non2xx + errors} times it did not`);
  return { perSecond: requests.total / duration, cpuMicroseconds: ((await cpuTime()) - before) / requests.total };
}

interface Answered {
  readonly status: number;
  readonly isMarked: boolean;
  readonly ageSeconds: number;
  readonly tookMs: number;
}

async function outage(url: string, postgres: PostgresServer, connections: () => number): Promise<void> {
  const agent = new Agent({ keepAlive: true });
  const ask = (): Promise<Answered> =>
    new Promise((resolve) => {
      const askedAt = performance.now();
      const lost = () => resolve({ status: 0, isMarked: false, ageSeconds: 0, tookMs: performance.now() - askedAt });
      get(`${url}/kept/asked`, { agent }, (response) => {
        const { statusCode: status = 0, headers } = response;
        response.resume().once("end", () =>
          resolve({
            status,
            isMarked: headers["tidegate-as-of"] !== undefined && `${headers["cache-status"]}`.includes("fwd=stale"),
            ageSeconds: Number(headers.age ?? 0),
            tookMs: performance.now() - askedAt,
          }),
        );
      }).once("error", lost);
    });
  for (let n = 0; n < PER_SECOND; n++) await ask();
  const lastGoodAt = performance.now();
  await postgres.kill();
  const triedBefore = connections();
  const openedAt = performance.now();
  const answers: Promise<Answered>[] = [];
  const awayMs = measuredMs(OUTAGE_SECONDS);
  let triedAtOpening: number | undefined;
  for (let elapsed = 0; elapsed < awayMs; elapsed = performance.now() - openedAt) {
    while (answers.length < (elapsed / 1_000) * PER_SECOND) answers.push(ask());
    triedAtOpening ??= (await isOpen(url)) ? connections() : undefined;
    await sleep(5);
  }
  const all = await Promise.all(answers);
  const overMs = performance.now() - lastGoodAt;
  const tried = connections() - triedBefore;
  const probes = connections() - (triedAtOpening ?? connections());
  const good = all.filter(({ status }) => status === 200);
  const share = (count: number, of: number) => `${((100 * count) / of).toFixed(2)} %`;
  console.log(`\nA database that is away for ${(awayMs / 1_000).toFixed(0)} s under ${PER_SECOND} requests a second`);
  console.log(`  answered 200 (at least 99 %)            ${share(good.length, all.length)} of ${all.length}`);
  console.log(
    `  of these marked (all)                   ${share(good.filter((one) => one.isMarked).length, good.length)}`,
  );
  const oldest = good.reduce((most, { ageSeconds }) => Math.max(most, ageSeconds), 0);
  console.log(`  oldest (at most ${(overMs / 1_000).toFixed(0)} s)               ${oldest} s`);
  const times = good.map(({ tookMs }) => tookMs);
  const at = (part: number) => `${percentile(times, part).toFixed(1)} ms`;
  console.log(`  time of an answer                       ${at(0.5)} median, ${at(0.99)} for 99 of 100`);
  console.log(
    `  connections tried at the server         ${tried}, of which ${probes} after the breaker had opened: probes`,
  );
  await postgres.start();
  const backAt = performance.now();
  while ((await ask()).isMarked) await sleep(20);
  console.log(
    `  answers are new again                   ${((performance.now() - backAt) / 1_000).toFixed(1)} s after its return`,
  );
  agent.destroy();
}

const isOpen = async (url: string): Promise<boolean> =>
  JSON.stringify(await (await fetch(`${url}/breaker`)).json()).includes('"open"');

/** An instance that has nothing at hand, for answers that another one has kept. */
async function fromRedis(): Promise<void> {
  const unavailable = redisUnavailable();
  if (unavailable) return console.log(`\nKept answers from Redis: not measured, ${unavailable}`);
  const server = await startRedis();
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const instance = () => {
    const store = redis(server.url).open(systemRuntime());
    const { waitUntil, settled } = afterAnswers();
    const kept = createKept({
      store,
      prefix: "{bench:kept}",
      waitUntil,
      tally: () => {},
      runtime: systemRuntime(),
      log,
    });
    const use = {
      rules: keepRules("bench", { freshSeconds: 3_600, maxEntries: REDIS_ANSWERS }, []),
      cap: kept.cap("bench"),
    };
    const ask = (key: string) =>
      kept.ask({
        ...{ use, key, tags: () => [], signal: () => undefined, isAlone: false, reload: null },
        load: async () => `the answer to ${key}`,
        contentOf: (text: string) => text,
        isReadable: () => true,
        degradedOf: () => null,
      });
    return { store, ask, settled };
  };
  const commands = async () => Number(/total_commands_processed:(\d+)/.exec(await server.tell("INFO", "stats"))?.[1]);
  const [writer, reader] = [instance(), instance()];
  for (let n = 0; n < REDIS_ANSWERS; n++) await writer.ask(`key ${n}`);
  await writer.settled();
  await reader.ask("another one");
  const before = await commands();
  const [far, near]: [number[], number[]] = [[], []];
  for (const times of [far, near]) {
    for (let n = 0; n < REDIS_ANSWERS; n++) {
      const askedAt = performance.now();
      const { kind } = await reader.ask(`key ${n}`);
      if (kind !== "kept") throw new Error(`bench kept: key ${n} must be found in Redis, it was asked for anew`);
      times.push((performance.now() - askedAt) * 1_000);
    }
  }
  // A script is the command that calls it and those it calls: a look at a value is three.
  const scripts = ((await commands()) - before) / REDIS_ANSWERS / 3;
  console.log("\nA kept answer that is not at hand, from Redis (one round trip)");
  console.log(`  round trips for each answer, with looks at what is to be forgotten   ${scripts.toFixed(2)}`);
  console.log(`  the first time ${median(far).toFixed(0)} us, then from memory ${median(near).toFixed(1)} us`);
  await Promise.all([writer, reader].map(({ store }) => store.close()));
  await server.dispose();
}
