/** The doctor in front of a PostgreSQL that grants enough, or does not, by itself and behind a PgBouncer. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { because } from "../support/because.ts";
import { examined, MODEST } from "../support/examined.ts";
import { pgbouncerUnavailable, startPgBouncer } from "../support/pgbouncer.ts";
import { type PostgresServer, postgresUnavailable, startPostgres } from "../support/postgres.ts";
import { proxyTo } from "../support/tcp.ts";

const noPostgres = postgresUnavailable();
describe.skipIf(noPostgres)(`a PostgreSQL${because(noPostgres)}`, () => {
  let server: PostgresServer;
  const asRole = (role: string) => server.url.replace(/\/\/[^@]+@/, `//${role}:pw@`);
  beforeAll(async () => {
    server = await startPostgres();
    await server.query("create role bounded login password 'pw' connection limit 5");
    await server.query("create role unbounded login password 'pw'");
  });
  afterAll(() => server?.dispose());

  test("whose role is bounded, and has enough, is fine", async () => {
    const { code, of } = await examined({ ...MODEST, DATABASE_URL: asRole("bounded") });
    expect(of("server")).toMatchObject([{ verdict: "ok", found: expect.stringMatching(/^PostgreSQL \d/) }]);
    expect(of("role")).toMatchObject([{ verdict: "ok", found: "bounded has a connection limit of 5" }]);
    expect(of("connections")).toMatchObject([{ verdict: "ok", found: "the fleet may open 3 of 5" }]);
    expect(of("deadlines")).toMatchObject([{ verdict: "ok", found: expect.stringContaining("after 55000 ms") }]);
    expect(of("database clock")).toMatchObject([{ verdict: "ok" }]);
    expect(of("pooler")).toMatchObject([{ verdict: "ok", found: "nothing in between" }]);
    expect(code).toBe(0);
  });

  test("that grants less than the fleet may open has to be mended", async () => {
    const { code, of } = await examined({ ...MODEST, DATABASE_URL: asRole("bounded"), EXPECTED_INSTANCES: "2" });
    expect(of("connections")).toMatchObject([{ verdict: "fail", found: "the fleet may open 6, the server grants 5" }]);
    expect(code).toBe(1);
  });

  test("whose role nothing bounds is warned of, with the statement that mends it", async () => {
    const { of } = await examined({ ...MODEST, DATABASE_URL: asRole("unbounded") });
    expect(of("role")).toMatchObject([{ verdict: "warn", remedy: "alter role unbounded connection limit 3" }]);
    const superuser = await examined({ ...MODEST, DATABASE_URL: server.url });
    expect(superuser.of("role")).toMatchObject([{ verdict: "warn", found: expect.stringContaining("superuser") }]);
  });

  test("whose role may only read is told apart from one that may write", async () => {
    await server.query("create schema fab");
    await server.query("create table fab.lots (id int)");
    await server.query("grant usage on schema fab to bounded, unbounded");
    await server.query("grant select on fab.lots to bounded, unbounded");
    const rights = async () => (await examined({ ...MODEST, DATABASE_URL: asRole("bounded") })).of("rights");
    expect(await rights()).toMatchObject([{ verdict: "warn", found: expect.stringContaining("write none of them") }]);
    await server.query("grant insert on fab.lots to bounded");
    expect(await rights()).toEqual([]);
    await server.query("alter role bounded set default_transaction_read_only = on");
    expect(await rights()).toMatchObject([{ verdict: "warn", found: expect.stringContaining("only reads") }]);
    await server.query("alter role bounded reset default_transaction_read_only");
    await server.query("drop schema fab cascade");
  });

  test("that is away is told, without its password", async () => {
    const { code, of, out } = await examined({ DATABASE_URL: "postgres://app:a-secret-password@127.0.0.1:1/fab" });
    expect(of("database")).toMatchObject([{ verdict: "fail", found: expect.stringContaining("DB_CONNECTION_FAILED") }]);
    expect(code).toBe(1);
    expect(out).not.toContain("a-secret-password");
  });

  test("is found by the URL that another library had, as the application finds it", async () => {
    const url = `${asRole("bounded")}?schema=public&connection_limit=1&gssencmode=disable&target_session_attrs=any`;
    const { bad, of } = await examined({ ...MODEST, DATABASE_URL: url });
    expect(of("server")).toMatchObject([{ verdict: "ok" }]);
    expect(bad()).toMatchObject([
      {
        verdict: "warn",
        found: expect.stringContaining("has the parameter connection_limit"),
        remedy: expect.stringContaining("DB_POOL_SIZE"),
      },
    ]);
  });

  test("is not asked with a parameter that nothing can be made of", async () => {
    const { code, of } = await examined({ ...MODEST, DATABASE_URL: `${asRole("bounded")}?gssencmode=require` });
    expect(of("configuration")).toMatchObject([
      { verdict: "fail", remedy: expect.stringContaining("gssencmode=require") },
    ]);
    expect(code).toBe(1);
  });

  test("that does not know a parameter is quoted, with what to do", async () => {
    const { of } = await examined({ ...MODEST, DATABASE_URL: `${asRole("bounded")}?serach_path=x` });
    expect(of("database")).toMatchObject([
      {
        verdict: "fail",
        found: expect.stringContaining('unrecognized configuration parameter "serach_path"'),
        remedy: expect.stringContaining("take what the server does not know out of DATABASE_URL"),
      },
    ]);
  });

  test("that workers share grants each machine one worker more, while it replaces them", async () => {
    const shared = { DATABASE_URL: asRole("bounded"), STATE_URL: "redis://127.0.0.1:1" };
    const alone = await examined({ ...MODEST, ...shared, DB_POOL_SIZE: "1", WEB_CONCURRENCY: "1" });
    expect(alone.of("connections")).toMatchObject([
      { verdict: "fail", found: "the fleet may open 6, 3 of them while workers are replaced, the server grants 5" },
    ]);
    const three = await examined({ ...MODEST, ...shared, WEB_CONCURRENCY: "2", EXPECTED_INSTANCES: "5" });
    expect(three.of("connections")).toMatchObject([{ found: expect.stringContaining("24, 9 of them while") }]);
  });

  test("behind what only passes bytes on, at another port, has nothing in between", async () => {
    const proxy = await proxyTo(server.port);
    const DATABASE_URL = asRole("bounded").replace(String(server.port), String(proxy.port));
    const { bad, of } = await examined({ ...MODEST, DATABASE_URL });
    expect(of("pooler")).toMatchObject([{ found: "nothing in between" }]);
    expect(bad()).toEqual([]);
    await proxy.close();
  });

  test("with DB_POOLER and no pooler is fine, with a word of what that costs", async () => {
    const { bad, of } = await examined({ ...MODEST, DATABASE_URL: asRole("bounded"), DB_POOLER: "transaction" });
    expect(of("pooler")).toMatchObject([{ found: expect.stringContaining("two round trips") }]);
    expect(bad()).toEqual([]);
  });

  test("with DB_POOLER and no pooler still has to grant what the fleet may open", async () => {
    const env = { ...MODEST, DATABASE_URL: asRole("bounded"), DB_POOLER: "transaction", EXPECTED_INSTANCES: "2" };
    expect((await examined(env)).of("connections")).toMatchObject([{ verdict: "fail" }]);
  });

  const noPooler = pgbouncerUnavailable();
  describe.skipIf(noPooler)(`behind a PgBouncer${because(noPooler)}`, () => {
    async function behind(settings: Record<string, string>, env: Record<string, string> = {}) {
      const bouncer = await startPgBouncer(server, settings);
      try {
        const { of, bad } = await examined({ ...MODEST, ...env, DATABASE_URL: bouncer.url });
        const [database, deadlines, pooler] = ["database", "deadlines", "pooler"].map((about) => of(about)[0]);
        return { database, deadlines, pooler, bad: bad().map(({ about }) => about) };
      } finally {
        await bouncer.dispose();
      }
    }
    const REMEDY = expect.stringContaining("DB_POOLER=transaction");
    const SWALLOWED = { ignore_startup_parameters: "statement_timeout" };

    test.each(["transaction", "session"])("in %s mode, DB_POOLER=transaction is all it needs", async (pool_mode) => {
      const { bad, pooler, deadlines } = await behind({ pool_mode }, { DB_POOLER: "transaction" });
      expect(pooler).toMatchObject({ verdict: "ok", found: "in between, as DB_POOLER says" });
      expect(deadlines).toMatchObject({ verdict: "ok" });
      // A superuser's.
      expect(bad).toEqual(["role"]);
    });

    test.each([
      ["transaction", "fail"],
      ["session", "warn"],
    ])("in %s mode it is noticed without DB_POOLER, also where it refuses", async (pool_mode, verdict) => {
      const { database, pooler } = await behind({ pool_mode });
      expect(database).toMatchObject({ verdict: "fail", remedy: REMEDY });
      expect(pooler).toMatchObject({ verdict, remedy: REMEDY });
    });

    test.each([
      ["transaction", "fail"],
      ["session", "warn"],
    ])("in %s mode it is noticed where it keeps statement_timeout for itself", async (pool_mode, verdict) => {
      const { database, pooler, deadlines } = await behind({ pool_mode, ...SWALLOWED });
      expect(database).toMatchObject({ verdict: "ok" });
      expect(pooler).toMatchObject({ verdict, remedy: REMEDY });
      expect(deadlines).toMatchObject({ verdict: "fail", remedy: REMEDY });
    });

    test("that keeps it, where the database has another of its own, is told both", async () => {
      await server.query("alter database postgres set statement_timeout = '3s'");
      const { deadlines } = await behind({ pool_mode: "session", ...SWALLOWED });
      await server.query("alter database postgres reset statement_timeout");
      const found = "statement_timeout is 3000 ms, and DB_CALL_TIMEOUT_MS 55000";
      expect(deadlines).toMatchObject({ verdict: "fail", found });
    });

    test("grants what the pooler opens, however many the fleet opens to that", async () => {
      await server.query("create role guest login");
      const bouncer = await startPgBouncer(server);
      const DATABASE_URL = bouncer.url.replace("//tidegate:", "//guest:");
      const { bad, of } = await examined({
        ...MODEST,
        DATABASE_URL,
        DB_POOLER: "transaction",
        EXPECTED_INSTANCES: "1000",
      });
      await bouncer.dispose();
      expect(of("connections")).toMatchObject([
        { found: expect.stringMatching(/^the fleet may open 3000 to the pooler/) },
      ]);
      expect(bad().map(({ about }) => about)).toEqual(["store"]);
    });

    test("with no connection for a second client it is noticed as well", async () => {
      const { pooler } = await behind({ pool_mode: "session", default_pool_size: "1", ...SWALLOWED });
      expect(pooler).toMatchObject({ verdict: "warn", remedy: REMEDY });
    });
  });
});
