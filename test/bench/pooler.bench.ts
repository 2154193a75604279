/** What `DB_POOLER=transaction` costs: the same statement by the same driver, directly and behind a PgBouncer. */
import type { Database } from "../../lib/database/port.ts";
import { postgres } from "../../lib/database/postgres/postgres.ts";
import { sql } from "../../lib/database/sql.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import { execution, SETTINGS } from "../support/execution.ts";
import { pgbouncerUnavailable, startPgBouncer } from "../support/pgbouncer.ts";
import { postgresUnavailable, startPostgres } from "../support/postgres.ts";
import { median } from "./measure.ts";

const CONNECTIONS = 10;
const ROUNDS = 7;
const CALLS_PER_ROUND = 600;
const runtime = systemRuntime();

/** Statements per second with all connections busy all the time. */
async function rate(database: Database, seconds: number): Promise<number> {
  let left = CALLS_PER_ROUND;
  const startedAt = performance.now();
  const worker = async () => {
    while (left-- > 0) await database.query(sql`select pg_sleep(${seconds})`, execution(runtime));
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  return CALLS_PER_ROUND / ((performance.now() - startedAt) / 1_000);
}

export async function benchPooler(): Promise<void> {
  const unavailable = postgresUnavailable() ?? pgbouncerUnavailable();
  if (unavailable) return console.log(`\nBehind a pooler: not measured, ${unavailable}`);
  const server = await startPostgres();
  const bouncer = await startPgBouncer(server, { default_pool_size: String(CONNECTIONS) });
  const settings = { ...SETTINGS, poolSize: CONNECTIONS, maxOverflow: 0 };
  const direct = postgres(server.url).open(settings, runtime);
  const pooled = postgres(bouncer.url).open({ ...settings, pooler: "transaction" }, runtime);

  console.log(`\nStatements per second, ${CONNECTIONS} connections, directly and behind PgBouncer in transaction mode`);
  for (const seconds of [0, 0.002, 0.01]) {
    const rates: [number[], number[]] = [[], []];
    for (let round = 0; round <= ROUNDS; round += 1) {
      const [first, second] = [await rate(direct, seconds), await rate(pooled, seconds)];
      if (round === 0) continue;
      rates[0].push(first);
      rates[1].push(second);
    }
    const [alone, behind] = rates.map(median) as [number, number];
    const share = ((behind / alone) * 100).toFixed(0);
    console.log(
      `  pg_sleep(${seconds})`.padEnd(20),
      `${alone.toFixed(0).padStart(6)}/s   ${behind.toFixed(0).padStart(6)}/s   ${share} %`,
    );
  }
  await direct.close();
  await pooled.close();
  await bouncer.dispose();
  await server.dispose();
}
