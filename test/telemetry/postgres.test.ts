/** Statements at a real PostgreSQL, by our own driver and by those that facades guard. */
import { Pool } from "pg";
import postgresJs from "postgres";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { postgres } from "../../lib/database/postgres/postgres.ts";
import { guardPool } from "../../lib/facades/pg/pg.ts";
import { guardSql } from "../../lib/facades/postgres-js/postgres-js.ts";
import { memory } from "../../lib/store/memory.ts";
import { openTelemetry } from "../../lib/telemetry/opentelemetry.ts";
import { tidegate } from "../../lib/tidegate.ts";
import { type PostgresServer, postgresUnavailable, startPostgres } from "../support/postgres.ts";
import { type RunningSdk, startSdk } from "./sdk.ts";

const unavailable = postgresUnavailable();

describe.skipIf(unavailable !== undefined)(`at a real PostgreSQL: ${unavailable ?? "found"}`, () => {
  let server: PostgresServer;
  let sdk: RunningSdk;
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(() => server.stop());
  beforeEach(() => {
    sdk = startSdk();
  });
  afterEach(() => sdk.stop());

  const instance = (isOwn: boolean, env: Record<string, string> = {}) => {
    const config = readConfig({ DATABASE_URL: server.url, ...env });
    const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
    const database = isOwn ? postgres(server.url) : undefined;
    const tide = tidegate({ database, store: memory(), config, log, telemetry: openTelemetry() });
    onTestFinished(() => tide.close());
    return tide;
  };
  const port = () => Number(new URL(server.url).port);
  const place = () => ({
    "db.system.name": "postgresql",
    "db.namespace": "postgres",
    "server.address": "127.0.0.1",
    "server.port": port(),
    "tidegate.lane": "request",
  });
  const told = () =>
    sdk.spans().map(({ name, attributes, status }) => ({ name, ...attributes, failed: status.code === 2 }));

  test("a statement of our own says where it was asked, and what the server has answered", async () => {
    const tide = instance(true);
    await tide.db.query`select ${"secret"}::text as value`;
    await expect(tide.db.query`select * from nowhere`).rejects.toThrow();
    expect(told()).toEqual([
      {
        ...place(),
        name: "SELECT",
        "db.operation.name": "SELECT",
        "db.query.text": "select $1::text as value",
        failed: false,
      },
      {
        ...place(),
        name: "SELECT",
        "db.operation.name": "SELECT",
        "db.query.text": "select * from nowhere",
        "db.response.status_code": "42P01",
        "error.type": "42P01",
        failed: true,
      },
    ]);
  });

  test("statements of a transaction and of a stream have a span each", async () => {
    const tide = instance(true);
    await tide.db.transaction(async (tx) => {
      await tx.query`select 1`;
      await tx.query`select 2`;
    });
    const rows: unknown[] = [];
    for await (const row of tide.db.stream`select * from generate_series(1, 3)`) rows.push(row);
    expect(rows).toHaveLength(3);
    const texts = told().map((span) => (span as Record<string, unknown>)["db.query.text"]);
    expect(texts).toEqual(["select 1", "select 2", "select * from generate_series(1, 3)"]);
  });

  test("the server is told of the trace in a comment, where that is set", async () => {
    const tide = instance(true, { SQL_COMMENTS: "true", DB_POOLER: "transaction" });
    const [activity] = await tide.db.query<{ query: string }>`
      select query from pg_stat_activity where pid = pg_backend_pid() and ${1}::int = 1`;
    const { traceId, spanId } = sdk.span("SELECT").spanContext();
    expect(activity?.query).toMatch(new RegExp(`/\\*lane='request',traceparent='00-${traceId}-${spanId}-01'\\*/$`));
  });

  test("a statement of a guarded pg pool has a span without its values", async () => {
    const pool = guardPool(instance(false), new Pool({ connectionString: server.url, max: 2 }));
    onTestFinished(() => pool.end());
    await pool.query("select $1::text, 'secret'", ["secret"]);
    const client = await pool.connect();
    await client.query("begin");
    await expect(client.query("select * from nowhere where id = 41")).rejects.toThrow();
    await client.query("rollback");
    client.release();
    expect(told()).toMatchObject([
      { ...place(), name: "SELECT", "db.query.text": "select $1::text, ?", failed: false },
      { name: "BEGIN", failed: false },
      { name: "SELECT", "db.query.text": "select * from nowhere where id = ?", "error.type": "42P01", failed: true },
      { name: "ROLLBACK", failed: false },
    ]);
  });

  test("a statement of a guarded postgres.js has a span with all of its text, and without its values", async () => {
    const sql = guardSql(instance(false), postgresJs(server.url, { max: 2 }));
    onTestFinished(() => sql.end());
    await sql`select ${"secret"}::text, ${sql`'secret'`}`;
    await expect(sql.unsafe("select * from nowhere")).rejects.toThrow();
    expect(told()).toMatchObject([
      { ...place(), name: "SELECT", "db.query.text": "select $1::text, ?", failed: false },
      { name: "SELECT", "db.query.text": "select * from nowhere", "db.response.status_code": "42P01", failed: true },
    ]);
  });
});
