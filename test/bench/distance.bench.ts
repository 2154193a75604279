/**
 * A gate that is never idle, and how far its store is away: ten permits, calls of 5 ms, 64 callers, four instances. Each
 * instance is a process of its own, as in a deployment; over memory there is one process, with four of them on one store.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { redisUnavailable, startRedis } from "../support/redis.ts";
import { distantProxy } from "../support/tcp.ts";
import type { Plan, Report } from "./distance-process.ts";
import { SETTLED_MS } from "./instance.ts";
import { measuredMs, median } from "./measure.ts";

const PROCESS = fileURLToPath(new URL("./distance-process.ts", import.meta.url));
const INSTANCES = 4;
const CALLERS = 64;
const CALL_MS = 5;
const CAPACITY = 10;
/** 1: all instances in one process, for a machine that others use too. */
const PROCESSES = Number(process.env.BENCH_PROCESSES ?? INSTANCES);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const DISTANCES_MS = (process.env.BENCH_DISTANCES ?? "0,2,20,50").split(",").map(Number);
const WANTED: Readonly<Record<number, number>> = { 0: 0.9, 2: 0.9, 20: 0.85, 50: 0.75 };
const ENV = {
  DB_POOL_SIZE: String(CAPACITY),
  DB_MAX_OVERFLOW: "0",
  DB_POOL_TIMEOUT: "60",
  EXPECTED_INSTANCES: String(INSTANCES),
};

interface Figures {
  readonly perSecond: number;
  readonly mostAtOnce: number;
  readonly messagesPerCall: number;
  readonly away: number;
}

export async function benchDistance(): Promise<void> {
  const reason = redisUnavailable();
  if (reason !== undefined) return console.log(`\nA saturated gate by distance: not measured, ${reason}`);
  const server = await startRedis();
  console.log(
    `\n${CAPACITY} permits, calls of ${CALL_MS} ms, ${CALLERS} callers, ${INSTANCES} instances in ${PROCESSES} processes on Redis`,
  );
  const base: Figures[] = [];
  const found = DISTANCES_MS.map((): { figures: Figures; ratio: number; tripMs: number }[] => []);
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const near = await played(null, `{bench:${round}}`);
      base.push(near);
      show(`round ${round + 1}, memory`, [near], 1, "");
      for (const [at, distanceMs] of DISTANCES_MS.entries()) {
        const proxy = await distantProxy(server.port, distanceMs);
        const tripMs = await roundTrip(proxy.port);
        const figures = await played(`redis://127.0.0.1:${proxy.port}`, `{bench:${round}:${distanceMs}}`);
        const ratio = figures.perSecond / near.perSecond;
        found[at]?.push({ figures, ratio, tripMs });
        show(`round ${round + 1}, Redis ${distanceMs} ms away`, [figures], ratio, "");
        await proxy.close();
      }
    }
  } finally {
    await server.dispose();
  }
  console.log(`  Medians of ${ROUNDS} rounds; most at once is that of all of them`);
  show("memory, four instances on one store", base, 1, "");
  for (const [at, distanceMs] of DISTANCES_MS.entries()) {
    const rounds = found[at] ?? [];
    const trip = median(rounds.map(({ tripMs }) => tripMs)).toFixed(1);
    show(
      `Redis, ${distanceMs} ms away (measured: ${trip} ms)`,
      rounds.map(({ figures }) => figures),
      median(rounds.map(({ ratio }) => ratio)),
      `wanted ${WANTED[distanceMs]?.toFixed(2)}`,
    );
  }
}

function show(name: string, rounds: readonly Figures[], ratio: number, wanted: string): void {
  const mid = (of: (one: Figures) => number) => median(rounds.map(of));
  const most = (of: (one: Figures) => number) => Math.max(...rounds.map(of));
  const figures = [
    `${mid(({ perSecond }) => perSecond).toFixed(0)} calls/s`,
    `${ratio.toFixed(2)}x ${wanted}`.trim(),
    `at once ${most(({ mostAtOnce }) => mostAtOnce)} (at most ${CAPACITY})`,
    `${mid(({ messagesPerCall }) => messagesPerCall).toFixed(3)} messages a call`,
    `away ${most(({ away }) => away)}`,
  ];
  console.log(`  ${name.padEnd(42)} ${figures.join("   ")}`);
}

async function played(redisUrl: string | null, key: string): Promise<Figures> {
  const processes = redisUrl === null ? 1 : PROCESSES;
  const plan: Plan = {
    ...{ redisUrl, key, env: ENV, callMs: CALL_MS, warmMs: SETTLED_MS, forMs: measuredMs(8) },
    instances: INSTANCES / processes,
    callers: CALLERS / processes,
  };
  const children = Array.from({ length: processes }, () =>
    fork(PROCESS, { execArgv: ["--conditions=tidegate-source"], serialization: "advanced" }),
  );
  try {
    await Promise.all(children.map((child) => once(child, "message")));
    const reports = await Promise.all(children.map((child) => reportOf(child, plan)));
    const calls = reports.reduce((sum, { moments }) => sum + moments.length / 2, 0);
    const messages = reports.reduce((sum, report) => sum + report.messages, 0);
    return {
      perSecond: calls / (plan.forMs / 1_000),
      mostAtOnce: mostAtOnce(reports.flatMap(({ moments }) => moments)),
      messagesPerCall: messages / calls,
      away: reports.reduce((sum, { away }) => sum + away, 0),
    };
  } finally {
    for (const child of children) child.kill("SIGKILL");
  }
}

async function reportOf(child: ChildProcess, plan: Plan): Promise<Report> {
  const [answer] = await Promise.all([once(child, "message"), child.send(plan)]);
  return answer[0] as Report;
}

/** Beginnings and ends in turn. One that begins in the very moment in which another ends comes after it. */
function mostAtOnce(moments: readonly number[]): number {
  const edges = moments.map((at, n) => ({ at, by: n % 2 === 0 ? 1 : -1 }));
  edges.sort((one, other) => one.at - other.at || one.by - other.by);
  let [running, most] = [0, 0];
  for (const { by } of edges) {
    running += by;
    most = Math.max(most, running);
  }
  return most;
}

/** Of a short command, as an instance sees it. */
function roundTrip(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const times: number[] = [];
    let askedAt = 0;
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const ask = () => {
      askedAt = performance.now();
      socket.write("PING\r\n");
    };
    socket.once("connect", ask);
    socket.once("error", reject);
    socket.on("data", () => {
      times.push(performance.now() - askedAt);
      if (times.length < 20) return ask();
      socket.destroy();
      resolve(median(times));
    });
  });
}
