/** What developers are told of an error outside of an answer, and what production is not. */
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { explained } from "../../lib/database/explained.ts";
import { pglite } from "../../lib/database/pglite/pglite.ts";
import { CommitUnknown, type DatabaseAdapter, DatabaseError } from "../../lib/database/port.ts";
import { postgres } from "../../lib/database/postgres/postgres.ts";
import { sql } from "../../lib/database/sql.ts";
import { memory } from "../../lib/store/memory.ts";
import { fakeDatabase } from "../../lib/testing/fake-database.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { type Tidegate, tidegate } from "../../lib/tidegate.ts";
import { execution, SETTINGS } from "../support/execution.ts";
import { type PostgresServer, postgresUnavailable, startPostgres } from "../support/postgres.ts";

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const inEnv = (env: string, database: DatabaseAdapter): Tidegate =>
  tidegate({
    database,
    store: memory(),
    log,
    config: readConfig({ APP_ENV: env, DB_TCP_CONNECT_TIMEOUT: database.kind === "pglite" ? "60" : "3" }),
  });

async function failure(env: string, database: DatabaseAdapter, ask: (tide: Tidegate) => Promise<unknown>) {
  const tide = inEnv(env, database);
  try {
    await ask(tide);
  } catch (error) {
    if (error instanceof DatabaseError) return error;
    throw error;
  } finally {
    await tide.close();
  }
  throw new Error("nothing was thrown");
}
const wrongTable = ({ db }: Tidegate) => db.query`select * from orderz`;

describe.skipIf(postgresUnavailable())("at a PostgreSQL", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres({ password: true });
  });
  afterAll(() => server?.dispose());

  test.each<[string, (url: string) => string, string | RegExp]>([
    ["a wrong table", (url) => url, 'The database rejected the statement: relation "orderz" does not exist (42P01)'],
    [
      "a wrong role",
      (url) => url.replace("//tidegate:", "//nobody:"),
      'The database could not be reached: password authentication failed for user "nobody" (28P01)',
    ],
    [
      "a wrong database",
      (url) => url.replace(/postgres$/, "none"),
      'The database could not be reached: database "none" does not exist (3D000)',
    ],
    [
      "a wrong port",
      (url) => url.replace(/:\d+\/postgres$/, ":1/postgres"),
      /could not be reached: connect ECONNREFUSED 127\.0\.0\.1:1 \(ECONNREFUSED\)$/,
    ],
    [
      "a wrong host",
      (url) => url.replace("127.0.0.1", "no.such.invalid"),
      /could not be reached: getaddrinfo .*no\.such\.invalid/,
    ],
    [
      "a wrong setting",
      (url) => `${url}?serach_path=x`,
      /unrecognized configuration parameter "serach_path" \(42704\)$/,
    ],
  ])("%s is told in the vendor's words in development, and in our own in production", async (_what, at, sentence) => {
    const adapter = () => postgres(at(server.url));
    const told = await failure("development", adapter(), wrongTable);
    if (typeof sentence === "string") expect(told.message).toBe(sentence);
    else expect(told.message).toMatch(sentence);
    expect(inspect(told)).toContain(told.message);
    const { message, fault, vendorCode } = await failure("production", adapter(), wrongTable);
    expect(message).toMatch(/^The database (?:rejected the statement|could not be reached)\.$/);
    expect({ fault, vendorCode }).toEqual({ fault: told.fault, vendorCode: told.vendorCode });
  });

  test("a statement of a transaction and a stream are told too", async () => {
    const inTransaction = await failure("development", postgres(server.url), ({ db }) =>
      db.transaction(async (tx) => {
        const inside = await tx.query`select * from orderz`.catch((error: unknown) => error);
        expect(String(inside)).toContain('relation "orderz" does not exist');
        throw inside;
      }),
    );
    expect(inTransaction.message).toContain('relation "orderz" does not exist');
    const inStream = await failure("development", postgres(server.url), async ({ db }) => {
      for await (const row of db.stream`select * from orderz`) expect(row).toBeUndefined();
    });
    expect(inStream.message).toContain('relation "orderz" does not exist');
  });
});

test("the embedded database is told too", async () => {
  const told = await failure("development", pglite(), wrongTable);
  expect(told.message).toContain('relation "orderz" does not exist (42P01)');
});

test("secrets are not told, an error's class stays, and nothing is said twice", async () => {
  const runtime = manualRuntime();
  const unknown = new CommitUnknown("connection", {
    cause: new Error("lost s3cretPW at postgres://u:other@h"),
    vendorCode: "08006",
  });
  const database = fakeDatabase(() => {
    throw unknown;
  }).open(SETTINGS, runtime);
  const redact = (text: string) => text.replaceAll(/s3cretPW|other/g, "***");
  for (let time = 0; time < 2; time++) {
    const asked = explained(database, redact).query(sql`select 1`, execution(runtime));
    await expect(asked).rejects.toBe(unknown);
  }
  expect(unknown.message).toMatch(
    /it is not known whether the changes were made: lost \*\*\* at postgres:\/\/u:\*\*\*@h \(08006\)$/,
  );
});
