/** Health from the memo beside static JSON routes of the same server, over HTTP. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import autocannon from "autocannon";
import { median } from "./measure.ts";

const SERVER = fileURLToPath(new URL("./health-server.ts", import.meta.url));
const ROUTES = ["/static", "/static/as-large", "/health"];
const ROUNDS = 12;
const SECONDS = 1;
const CONNECTIONS = 20;

export async function benchHealth(): Promise<void> {
  const server = spawn(process.execPath, ["--conditions=tidegate-source", SERVER], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [url] = await once(createInterface(server.stdout), "line");
    const measured = ROUTES.map((): Round[] => []);
    // They take turns; the first round is for warming up.
    for (let round = 0; round <= ROUNDS; round++) {
      for (let turn = 0; turn < ROUTES.length; turn++) {
        // Another one comes first each time: the machine is not the same for long.
        const n = (turn + round) % ROUTES.length;
        const figures = await load(url, ROUTES[n] ?? "");
        if (round > 0) measured[n]?.push(figures);
      }
    }
    const of = (n: number, figure: (round: Round, base: Round) => number) =>
      median((measured[n] ?? []).map((round, at) => figure(round, measured[0]?.[at] ?? round)));
    console.log(`\nHealth from the memo, Node, ${CONNECTIONS} connections; what the server's processor does for each`);
    for (const [n, route] of ROUTES.entries()) {
      const rate = of(n, ({ perSecond }) => perSecond).toFixed(0);
      const cpu = of(n, ({ cpuMicroseconds }) => cpuMicroseconds).toFixed(1);
      // Within a round, since rounds differ by more than routes do.
      const rates = of(n, (round, base) => round.perSecond / base.perSecond).toFixed(2);
      const cpus = of(n, (round, base) => base.cpuMicroseconds / round.cpuMicroseconds).toFixed(2);
      console.log(`  ${route.padEnd(36)} ${rate.padStart(9)} /s ${cpu.padStart(9)} us   ${rates}x   ${cpus}x`);
    }
  } finally {
    server.kill("SIGKILL");
  }
}

interface Round {
  readonly perSecond: number;
  /** Of the server, a request. Steadier than the rate where others use the machine too. */
  readonly cpuMicroseconds: number;
}

async function load(url: string, route: string): Promise<Round> {
  const cpuTime = async () => {
    const { user, system } = (await (await fetch(`${url}/cpu`)).json()) as NodeJS.CpuUsage;
    return user + system;
  };
  const before = await cpuTime();
  const { requests, non2xx, errors, duration } = await autocannon({
    url: `${url}${route}`,
    connections: CONNECTIONS,
    duration: SECONDS,
  });
  if (non2xx + errors > 0)
    throw new Error(`bench health: ${route} must answer 200, ${non2xx + errors} times it did not`);
  return { perSecond: requests.total / duration, cpuMicroseconds: ((await cpuTime()) - before) / requests.total };
}
