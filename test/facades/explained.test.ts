/** What developers are told by a facade of a database that cannot be reached, and what production is not. */
import { Pool } from "pg";
import postgres from "postgres";
import { describe, expect, test } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { DatabaseError } from "../../lib/database/port.ts";
import { guardPool } from "../../lib/facades/pg/pg.ts";
import { guardSql } from "../../lib/facades/postgres-js/postgres-js.ts";
import { memory } from "../../lib/store/memory.ts";
import { type Tidegate, tidegate } from "../../lib/tidegate.ts";

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const TOKENS = { ADMIN_TOKENS: "dev:N4vR7yQ2kXb9WmZc5TgHs8JdLf3PpUe6" };
const URL_OF_NOBODY = "postgres://u:s3cret-PW@127.0.0.1:1/none";

const DRIVERS = [
  ["pg", (tide: Tidegate) => guardPool(tide, new Pool({ connectionString: URL_OF_NOBODY })).query("select 1")],
  ["pg, a connection", (tide: Tidegate) => guardPool(tide, new Pool({ connectionString: URL_OF_NOBODY })).connect()],
  ["postgres.js", async (tide: Tidegate) => guardSql(tide, postgres(URL_OF_NOBODY))`select 1`],
] as const;

describe.each(DRIVERS)("a wrong port, by %s", (_name, ask) => {
  test.each([
    ["development", /^The database could not be reached: .*ECONNREFUSED 127\.0\.0\.1:1 \(ECONNREFUSED\)$/],
    ["staging", /^The database could not be reached\.$/],
  ])("in %s", async (env, said) => {
    const config = readConfig({ APP_ENV: env, ...TOKENS });
    const tide = tidegate({ store: memory(), log, config });
    const error = await ask(tide).then(
      () => undefined,
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(DatabaseError);
    expect((error as Error).message).toMatch(said);
    await tide.close();
  });
});
