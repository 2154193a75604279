/** A guarded statement beside the same one by postgres.js alone, with as many connections and nothing pipelined. */
import postgres from "postgres";
import { readConfig } from "../../lib/config.ts";
import { postgres as guardedPostgres } from "../../lib/database/postgres/postgres.ts";
import { memory } from "../../lib/store/memory.ts";
import { tidegate } from "../../lib/tidegate.ts";
import { postgresUnavailable, startPostgres } from "../support/postgres.ts";
import { median } from "./measure.ts";

const CONNECTIONS = 10;
const ROUNDS = 16;
const CALLS_PER_ROUND = 1_000;

interface Round {
  /** Statements per second with all connections busy all the time. */
  readonly perSecond: number;
  /** Of this process, in microseconds per statement: what a busy machine changes less than the rate. */
  readonly cpuUs: number;
}

async function round(statement: () => Promise<unknown>): Promise<Round> {
  let left = CALLS_PER_ROUND;
  const startedAt = performance.now();
  const cpuAtStart = process.cpuUsage();
  const worker = async () => {
    while (left-- > 0) await statement();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  const { user, system } = process.cpuUsage(cpuAtStart);
  return {
    perSecond: CALLS_PER_ROUND / ((performance.now() - startedAt) / 1_000),
    cpuUs: (user + system) / CALLS_PER_ROUND,
  };
}

export async function benchPostgres(): Promise<void> {
  const unavailable = postgresUnavailable();
  if (unavailable) return console.log(`\nGuarded statements: not measured, ${unavailable}`);
  const server = await startPostgres();
  const options = { max: CONNECTIONS, max_pipeline: 1, fetch_types: false } as postgres.Options<never>;
  const bare = postgres(server.url, options);
  const env = { DB_POOL_SIZE: String(CONNECTIONS), DB_MAX_OVERFLOW: "0", LOG_LEVEL: "error" };
  const config = readConfig({ DATABASE_URL: server.url, ...env });
  const tide = tidegate({ database: guardedPostgres(server.url), store: memory(), config });

  console.log(`\nStatements per second, ${CONNECTIONS} connections, real PostgreSQL, memory store`);
  for (const seconds of [0, 0.002, 0.005, 0.01]) {
    const candidates = [
      () => bare`select pg_sleep(${seconds})`,
      () => tide.db.query`select pg_sleep(${seconds})`,
    ] as const;
    const rounds: [Round[], Round[]] = [[], []];
    for (let turn = 0; turn <= ROUNDS; turn++) {
      // Each goes first as often as the other.
      for (const index of turn % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
        const measured = await round(candidates[index]);
        if (turn > 0) rounds[index].push(measured);
      }
    }
    const [alone, guarded] = rounds.map((each) => ({
      perSecond: median(each.map(({ perSecond }) => perSecond)),
      cpuUs: median(each.map(({ cpuUs }) => cpuUs)),
    })) as [Round, Round];
    // Compared within a turn: between turns the machine may have become busier.
    const shares = rounds[1].map(({ perSecond }, turn) => perSecond / (rounds[0][turn]?.perSecond ?? Number.NaN));
    const share = (median(shares) * 100).toFixed(1);
    const text = ({ perSecond, cpuUs }: Round) => `${perSecond.toFixed(0).padStart(6)}/s ${cpuUs.toFixed(0)} us CPU`;
    console.log(
      `  pg_sleep(${seconds})`.padEnd(20),
      `postgres.js ${text(alone)}   guarded ${text(guarded)}   ${share} %`,
    );
  }
  await tide.close();
  await bare.end();
  await server.dispose();
}
