/** A module that a development server evaluates again and again holds the connections of one evaluation. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { postgres } from "../../lib/database/postgres/postgres.ts";
import { reloadable } from "../../lib/node/serve.ts";
import { memory } from "../../lib/store/memory.ts";
import { type Tidegate, tidegate } from "../../lib/tidegate.ts";
import { because } from "../support/because.ts";
import { type PostgresServer, postgresUnavailable, startPostgres } from "../support/postgres.ts";
import { eventually } from "../support/processes.ts";

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const reason = postgresUnavailable();

describe.skipIf(reason)(`a hot reload${because(reason)}`, () => {
  let server: PostgresServer;
  let made: Tidegate[] = [];

  beforeAll(async () => {
    server = await startPostgres({ settings: { max_connections: "80" } });
  });
  afterEach(async () => {
    await Promise.all(made.splice(0).map((tide) => tide.close()));
    made = [];
  });
  afterAll(() => server.dispose());

  /** As the module of an application does it. */
  async function evaluated(env: string, name?: string): Promise<Tidegate> {
    const config = readConfig({
      APP_ENV: env,
      DB_POOL_SIZE: "4",
      ADMIN_TOKENS: "dev:N4vR7yQ2kXb9WmZc5TgHs8JdLf3PpUe6",
    });
    const make = () =>
      tidegate({
        database: postgres(server.url),
        store: memory(),
        config,
        log: SILENT,
      });
    const tide = reloadable(make, name);
    made.push(tide);
    await Promise.all(Array.from({ length: 4 }, () => tide.db.query`select pg_sleep(0.05)`));
    return tide;
  }

  async function connections(): Promise<number> {
    const tide = made.at(-1) as Tidegate;
    const row = await tide.db.one<{ n: number }>`
      select count(*)::int as n from pg_stat_activity where backend_type = 'client backend'`;
    return row?.n ?? 0;
  }

  it("keeps the connections of one evaluation in development", async () => {
    for (let times = 0; times < 6; times += 1) await evaluated("development");
    expect(await eventually("four are left", async () => (await connections()) === 4)).toBe(true);
    const [first] = made as [Tidegate];
    await expect(first.db.query`select 1`).rejects.toMatchObject({ refusal: { reason: "closing" } });
  });

  it("ends no instance of another name, and none outside of development", async () => {
    await evaluated("development", "orders");
    await evaluated("development", "billing");
    await evaluated("staging", "orders");
    expect(await Promise.all(made.map((tide) => tide.db.query`select 1 as n`))).toEqual(Array(3).fill([{ n: 1 }]));
  });

  it("is not needed where an instance is disposed of", async () => {
    {
      await using tide = await evaluated("production");
      expect(tide.config.app.env).toBe("production");
    }
    await evaluated("production");
    expect(await eventually("four are left", async () => (await connections()) === 4)).toBe(true);
  });
});
