/**
 * The demo plant in both databases, behind the demo application: small enough for a test to compute every report from
 * the plain rows, and to compare.
 */
import postgresClient from "postgres";
import { tidegate } from "tidegate";
import { readConfig } from "tidegate/config";
import { pglite } from "tidegate/databases/pglite";
import { postgres } from "tidegate/databases/postgres";
import { memory } from "tidegate/stores/memory";
import { createApp } from "../../functions/app.ts";
import { OPENAPI } from "../../functions/openapi.generated.ts";
import { load } from "../../infra/seed/load.ts";
import { demoStatements } from "../../infra/seed/statements.ts";
import type { DatabaseAdapter } from "../../lib/database/port.ts";
import type { Log } from "../../lib/log/port.ts";
import { described, holdTo } from "./described.ts";
import { startPostgres } from "./postgres.ts";
import { eventually } from "./processes.ts";

/** Of an admin of the plant. */
export const PLANT_TOKEN = "plant-admin-mxq7Bv2LzR0sKd9WfH4tY6uN";

const SILENT: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export interface Plant {
  /** A GET, as a client does it. */
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** `data` of an answer that has to be a success. */
  data<Data>(path: string): Promise<Data>;
  /** Past the application and the guard. */
  rows<Row>(text: string): Promise<Row[]>;
  close(): Promise<void>;
}

/** In memory; `more` runs after the seed. */
export async function embeddedPlant(lotCount: number, more: readonly string[] = []): Promise<Plant> {
  return plant(pglite("pglite:", { initialise: [...demoStatements(lotCount), ...more] }), async () => {});
}

/** On a server of its own, which {@link Plant.close} ends. */
export async function serverPlant(lotCount: number, more: readonly string[] = []): Promise<Plant> {
  const server = await startPostgres();
  await seedServer(server.url, lotCount);
  for (const text of more) await server.query(text);
  return plant(postgres(server.url), () => server.dispose());
}

export async function seedServer(url: string, lotCount: number, lotsPerTransaction?: number): Promise<void> {
  const sql = postgresClient(url, { max: 1, onnotice: () => {} });
  try {
    await load(sql, { lotCount, reset: true, lotsPerTransaction, onLots: () => {}, onStage: () => {} });
  } finally {
    await sql.end({ timeout: 1 });
  }
}

async function plant(database: DatabaseAdapter, dispose: () => Promise<void>): Promise<Plant> {
  const env = { APP_ENV: "testing", ADMIN_TOKENS: `tester:${PLANT_TOKEN}`, RATE_LIMIT_PER_MINUTE: "0" };
  const config = readConfig(env);
  const tide = tidegate({ database, store: memory(), config, log: SILENT });
  const app = described(createApp(tide), holdTo(JSON.parse(OPENAPI)));
  // On a busy machine the embedded database can take longer to start than a statement may wait for it.
  await eventually("the plant is loaded", () => tide.db.query`select 1`.then(Boolean, () => false), 90_000);
  const get = async (path: string, headers: Record<string, string> = {}) => app.request(path, { headers });
  return {
    get,
    data: async <Data>(path: string) => {
      const response = await get(path);
      const body = (await response.json()) as { data: Data };
      if (response.status !== 200) throw new Error(`${path} answered ${response.status}: ${JSON.stringify(body)}`);
      return body.data;
    },
    rows: async <Row>(text: string) => tide.db.query<Row>(Object.assign([text], { raw: [text] })),
    close: async () => {
      await tide.close();
      await dispose();
    },
  };
}
