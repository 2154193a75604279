/** Express, Fastify and Hono, each without Tidegate and behind its middleware, on a route without a database. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import autocannon from "autocannon";
import { measuredMs, median } from "./measure.ts";

const SERVER = fileURLToPath(new URL("./frameworks-server.ts", import.meta.url));
const WAYS = ["bare", "guarded"];
const ROUNDS = 12;
const SECONDS = 2;
const CONNECTIONS = 20;

interface Round {
  readonly perSecond: number;
  /** Of the server, a request. Steadier than the rate where others use the machine too. */
  readonly cpuMicroseconds: number;
}

export async function benchFrameworks(): Promise<void> {
  for (const framework of ["express", "fastify", "hono"]) {
    const servers = await Promise.all(WAYS.map((way) => started(framework, way)));
    const measured: Round[][] = WAYS.map(() => []);
    // They take turns; the first round is for warming up, and another one comes first each time.
    for (let round = 0; round <= ROUNDS; round++) {
      for (let turn = 0; turn < WAYS.length; turn++) {
        const n = (turn + round) % WAYS.length;
        const figures = await load(servers[n]?.url ?? "");
        if (round > 0) measured[n]?.push(figures);
      }
    }
    for (const { end } of servers) end();
    console.log(`\n${framework}, ${CONNECTIONS} connections; what the server's processor does for each request`);
    const of = (n: number, figure: (round: Round, base: Round) => number) =>
      median((measured[n] ?? []).map((round, at) => figure(round, measured[0]?.[at] ?? round)));
    for (const [n, way] of WAYS.entries()) {
      const rate = of(n, ({ perSecond }) => perSecond).toFixed(0);
      const cpu = of(n, ({ cpuMicroseconds }) => cpuMicroseconds).toFixed(1);
      const rates = of(n, (round, base) => round.perSecond / base.perSecond).toFixed(3);
      const cpus = of(n, (round, base) => base.cpuMicroseconds / round.cpuMicroseconds).toFixed(3);
      console.log(`  ${way.padEnd(36)} ${rate.padStart(9)} /s ${cpu.padStart(9)} us   ${rates}x   ${cpus}x`);
    }
  }
}

async function started(...words: string[]) {
  const server = spawn(process.execPath, ["--conditions=tidegate-source", SERVER, ...words], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [url] = await once(createInterface(server.stdout), "line");
  return { url: String(url), end: () => server.kill("SIGKILL") };
}

async function load(url: string): Promise<Round> {
  const cpuTime = async () => {
    const { user, system } = (await (await fetch(`${url}/cpu`)).json()) as NodeJS.CpuUsage;
    return user + system;
  };
  const before = await cpuTime();
  const { requests, non2xx, errors, duration } = await autocannon({
    url,
    connections: CONNECTIONS,
    duration: measuredMs(SECONDS) / 1_000,
  });
  const after = await cpuTime();
  if (non2xx + errors > 0) throw new Error(`frameworks: ${non2xx + errors} of ${requests.total} requests failed`);
  return { perSecond: requests.total / duration, cpuMicroseconds: (after - before) / requests.total };
}
