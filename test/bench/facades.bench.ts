/** A statement through each facade beside the same one by its driver alone, with as many connections. */
import { Pool } from "pg";
import { readConfig } from "../../lib/config.ts";
import { guardPool } from "../../lib/facades/pg/pg.ts";
import { memory } from "../../lib/store/memory.ts";
import { type Tidegate, tidegate } from "../../lib/tidegate.ts";
import { postgresUnavailable, startPostgres } from "../support/postgres.ts";
import { median } from "./measure.ts";
import { postgresJsFacades } from "./postgres-js-facade.ts";

const CONNECTIONS = 10;
const ROUNDS = 40;
const CALLS_PER_ROUND = 400;

/** Ways to ask for `pg_sleep`, by the driver alone and guarded. */
export interface Facade {
  readonly name: string;
  bare(seconds: number): Promise<unknown>;
  guarded(seconds: number): Promise<unknown>;
  end(): Promise<void>;
}

/** @param tide Has no database of its own. */
export type FacadeOf = (url: string, tide: Tidegate, connections: number) => readonly Facade[];

const pgFacades: FacadeOf = (connectionString, tide, max) => {
  const bare = new Pool({ connectionString, max });
  const guarded = guardPool(tide, new Pool({ connectionString, max }));
  const query = (pool: Pool) => (seconds: number) => pool.query("select pg_sleep($1)", [seconds]);
  const transaction = (pool: Pool) => async (seconds: number) => {
    const client = await pool.connect();
    await client.query("begin");
    await client.query("select pg_sleep($1)", [seconds]);
    await client.query("commit");
    client.release();
  };
  return [
    {
      name: "pg, pool.query",
      bare: query(bare),
      guarded: query(guarded),
      end: async () => {},
    },
    {
      name: "pg, transaction",
      bare: transaction(bare),
      guarded: transaction(guarded),
      end: async () => void (await Promise.all([bare.end(), guarded.end()])),
    },
  ];
};

const FACADES: readonly FacadeOf[] = [pgFacades, postgresJsFacades];

interface Round {
  readonly perSecond: number;
  /** Of this process, a call. Steadier than the rate where others use the machine too. */
  readonly cpuMicroseconds: number;
}

/** With all connections busy all the time. */
async function roundOf(statement: () => Promise<unknown>): Promise<Round> {
  let left = CALLS_PER_ROUND;
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const worker = async () => {
    while (left-- > 0) await statement();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  const perSecond = CALLS_PER_ROUND / ((performance.now() - startedAt) / 1_000);
  const { user, system } = process.cpuUsage(cpuBefore);
  return { perSecond, cpuMicroseconds: (user + system) / CALLS_PER_ROUND };
}

async function compare({ bare, guarded }: Facade, seconds: number) {
  const rounds: [Round[], Round[]] = [[], []];
  for (let turn = 0; turn <= ROUNDS; turn++) {
    // Each goes first as often as the other.
    for (const index of turn % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      const round = await roundOf(() => [bare, guarded][index]?.(seconds) ?? Promise.resolve());
      if (turn > 0) rounds[index].push(round);
    }
  }
  const [alone, behind] = rounds;
  const rateOf = (side: readonly Round[]) => median(side.map(({ perSecond }) => perSecond));
  // Compared within a turn: between turns the machine may have become busier.
  const compared = (of: (guarded: Round, bare: Round) => number) =>
    median(behind.map((round, turn) => of(round, alone[turn] as Round)));
  return {
    bare: rateOf(alone),
    guarded: rateOf(behind),
    share: compared((guarded, bare) => guarded.perSecond / bare.perSecond),
    bareCpu: median(alone.map(({ cpuMicroseconds }) => cpuMicroseconds)),
    moreCpu: compared((guarded, bare) => guarded.cpuMicroseconds - bare.cpuMicroseconds),
  };
}

export async function benchFacades(): Promise<void> {
  const unavailable = postgresUnavailable();
  if (unavailable) return console.log(`\nFacades: not measured, ${unavailable}`);
  const server = await startPostgres();
  // In development it is noted where each connection was taken.
  const env = { DB_POOL_SIZE: String(CONNECTIONS), DB_MAX_OVERFLOW: "0", LOG_LEVEL: "error", APP_ENV: "testing" };
  console.log(
    `\nThrough a facade, ${CONNECTIONS} connections, real PostgreSQL, memory store (from 2 ms on at least 95 %)`,
  );
  for (const facadesOf of FACADES) {
    const tide = tidegate({ store: memory(), config: readConfig(env) });
    const facades = facadesOf(server.url, tide, CONNECTIONS);
    for (const facade of facades) {
      for (const seconds of [0, 0.002, 0.005, 0.01]) {
        const { bare, guarded, share, bareCpu, moreCpu } = await compare(facade, seconds);
        const rate = (perSecond: number) => `${perSecond.toFixed(0).padStart(6)}/s`;
        console.log(
          `  ${facade.name}, ${seconds * 1_000} ms`.padEnd(28),
          `bare ${rate(bare)} ${bareCpu.toFixed(1).padStart(5)} us   guarded ${rate(guarded)}   ` +
            `${(share * 100).toFixed(1).padStart(5)} %   CPU ${moreCpu.toFixed(1).padStart(5)} us more`,
        );
      }
    }
    for (const { end } of facades) await end();
    await tide.close();
  }
  await server.dispose();
}
