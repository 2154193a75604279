/** A guarded statement beside the same one by postgres.js alone, with as many connections and nothing pipelined. */
import postgres from "postgres";
import { readConfig } from "../../lib/config.ts";
import { postgres as guardedPostgres } from "../../lib/database/postgres/postgres.ts";
import { memory } from "../../lib/store/memory.ts";
import { tidegate } from "../../lib/tidegate.ts";
import { postgresUnavailable, startPostgres } from "../support/postgres.ts";
import { median } from "./measure.ts";

const CONNECTIONS = 10;
const ROUNDS = 7;
const CALLS_PER_ROUND = 2_000;

/** Statements per second with all connections busy all the time. */
async function rate(statement: () => Promise<unknown>): Promise<number> {
  let left = CALLS_PER_ROUND;
  const startedAt = performance.now();
  const worker = async () => {
    while (left-- > 0) await statement();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  return CALLS_PER_ROUND / ((performance.now() - startedAt) / 1_000);
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
  for (const seconds of [0, 0.002, 0.01]) {
    const candidates = [
      () => bare`select pg_sleep(${seconds})`,
      () => tide.db.query`select pg_sleep(${seconds})`,
    ] as const;
    const rates: [number[], number[]] = [[], []];
    for (let round = 0; round <= ROUNDS; round++) {
      for (const index of [0, 1] as const) {
        const measured = await rate(candidates[index]);
        if (round > 0) rates[index].push(measured);
      }
    }
    const [alone, guarded] = [median(rates[0]), median(rates[1])];
    const share = ((guarded / alone) * 100).toFixed(1);
    console.log(
      `  pg_sleep(${seconds})`.padEnd(20),
      `postgres.js ${alone.toFixed(0).padStart(6)}/s   guarded ${guarded.toFixed(0).padStart(6)}/s   ${share} %`,
    );
  }
  await tide.close();
  await bare.end();
  await server.dispose();
}
