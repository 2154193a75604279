import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import postgres from "postgres";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { DatabaseError } from "../../../lib/database/port.ts";
import { postgresUnavailable } from "../../support/postgres-binaries.ts";
import { atRest, errorOf, type SqlScene, sqlScene } from "./scene.ts";

const unavailable = postgresUnavailable();

describe.skipIf(unavailable !== undefined)(`a guarded sql (${unavailable ?? "PostgreSQL"})`, () => {
  let scene: SqlScene;
  beforeAll(async () => {
    scene = await sqlScene();
    await scene.server.query("create table lots (id int primary key, name text not null)");
  });
  afterEach(async () => {
    await scene.clear();
    await scene.server.query("truncate lots");
  });
  afterAll(() => scene.dispose());

  test("what the server says against a statement is the contract's DB_QUERY_ERROR, where nobody has caught it", async () => {
    const { tide, sql } = scene.guarded();
    const error = await errorOf(sql`insert into lots values (1, null)`);
    expect(error).toMatchObject({ code: "23502" });
    const wrapped = new Error("Failed query", { cause: error });
    for (const thrown of [error, wrapped]) {
      const answer = await tide.respond(thrown, new Request("http://localhost/lots", { method: "POST" }));
      expect([answer.status, (await answer.json()).error.code]).toEqual([500, "DB_QUERY_ERROR"]);
    }
  });

  test("rows, values, raw bytes and descriptions are as postgres.js has them", async () => {
    const { sql, bare } = scene.guarded();
    expect(await sql`select ${1}::int as one`).toEqual(await bare`select ${1}::int as one`);
    expect(await sql`select 1 as one, 2 as two`.values()).toEqual([[1, 2]]);
    expect(String((await sql`select 'x' as x`.raw())[0]?.[0])).toBe("x");
    expect((await sql`select 1 as one`.describe()).columns[0]?.name).toBe("one");
    expect(await sql.unsafe("select $1::int as one", [3])).toEqual([{ one: 3 }]);
    expect(await sql`select 1 as a; select 2 as b`.simple()).toEqual([[{ a: 1 }], [{ b: 2 }]]);
    expect((await sql`select 1`).count).toBe(1);
  });

  test("helpers and fragments are part of their query, and take no permit", async () => {
    const guarded = scene.guarded({ env: { DB_POOL_SIZE: "1", DB_MAX_OVERFLOW: "0" } });
    const { sql } = guarded;
    const rows = [
      { id: 1, name: "a" },
      { id: 2, name: "b" },
    ];
    await sql`insert into lots ${sql(rows)}`;
    const named = (name: string) => sql`name = ${name}`;
    expect(await sql`select id from lots where ${named("b")} and id in ${sql([1, 2])}`).toEqual([{ id: 2 }]);
    await sql`update lots set ${sql({ name: "c" }, "name")} where id = ${2}`;
    expect(await sql`select ${sql("name")} from ${sql("lots")} where id = any(${sql.array([2], 23)})`).toEqual([
      { name: "c" },
    ]);
    expect(await sql`select ${sql.json({ a: 1 })}::jsonb as j`).toEqual([{ j: { a: 1 } }]);
    await atRest(scene, guarded);
  });

  test("a query runs when it is asked for, and once", async () => {
    const { sql } = scene.guarded();
    const never = sql`insert into lots values (9, 'never')`;
    const once = sql`insert into lots values (1, 'once')`.execute();
    await once;
    await once;
    expect(await sql`select id from lots`).toEqual([{ id: 1 }]);
    expect(never).toBeInstanceOf(Promise);
  });

  test("a file is read and run", async () => {
    const { sql } = scene.guarded();
    const path = join(tmpdir(), `tidegate-${process.pid}.sql`);
    await writeFile(path, "select $1::int + 1 as n");
    expect(await sql.file(path, [1])).toEqual([{ n: 2 }]);
    expect(await errorOf(sql.file(`${path}.not`))).toMatchObject({ code: "ENOENT" });
  });

  test("cursors and forEach hand on all rows, and may be left early", async () => {
    const guarded = scene.guarded();
    const { sql } = guarded;
    const seen: number[] = [];
    for await (const rows of sql`select n from generate_series(1, 5) n`.cursor(2)) seen.push(...rows.map(({ n }) => n));
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    for await (const [row] of sql`select n from generate_series(1, 5) n`.cursor()) {
      seen.push(row?.n);
      break;
    }
    await sql`select n from generate_series(6, 7) n`.cursor(1, ([row]) => void seen.push(row?.n));
    await sql`select n from generate_series(8, 9) n`.forEach(({ n }) => void seen.push(n));
    expect(seen).toEqual([1, 2, 3, 4, 5, 1, 6, 7, 8, 9]);
    await atRest(scene, guarded);
  });

  test("rows are copied out and in as streams, under a permit until the end", async () => {
    const guarded = scene.guarded();
    const { sql } = guarded;
    const into = await sql`copy lots from stdin`.writable();
    into.write("1\tone\n");
    expect((await guarded.held()).permits).toBe(1);
    into.end("2\ttwo\n");
    await atRest(scene, guarded);
    const out: Readable = await sql`copy (select name from lots order by id) to stdout`.readable();
    const parts: unknown[] = [];
    for await (const part of out) parts.push(part);
    expect(Buffer.concat(parts as Buffer[]).toString()).toBe("one\ntwo\n");
    await atRest(scene, guarded);
  });

  test("a transaction commits, rolls back, nests, and takes one permit", async () => {
    const guarded = scene.guarded();
    const { sql } = guarded;
    const [one, two] = await sql.begin("isolation level serializable", (tx) => [
      tx`insert into lots values (1, 'one') returning id`,
      tx`select current_setting('transaction_isolation') as level`,
    ]);
    expect([one, two]).toEqual([[{ id: 1 }], [{ level: "serializable" }]]);
    const held = await sql.begin(async (tx) => {
      await tx`insert into lots ${tx({ id: 2, name: "two" })}`;
      const failed = tx.savepoint("inner", async (inner) => {
        await inner`insert into lots values (3, 'three')`;
        throw new Error("not three");
      });
      expect(await errorOf(failed)).toEqual(new Error("not three"));
      await tx.savepoint((inner) => inner`insert into lots values (4, 'four')`);
      return guarded.held();
    });
    expect(held.permits).toBe(1);
    expect(await errorOf(sql.begin(() => Promise.reject(new Error("no"))))).toEqual(new Error("no"));
    expect(await sql`select id from lots order by id`).toEqual([{ id: 1 }, { id: 2 }, { id: 4 }]);
    await atRest(scene, guarded);
  });

  test("an error that was swallowed in a transaction rolls it back, as in postgres.js", async () => {
    const guarded = scene.guarded();
    const { sql } = guarded;
    const swallowed = sql.begin(async (tx) => {
      await tx`insert into lots values (1, 'one')`;
      await errorOf(tx`select 1/0`);
      return errorOf(tx`select 1`);
    });
    expect(await errorOf(swallowed)).toMatchObject({ code: "22012" });
    expect(await sql`select id from lots`).toEqual([]);
    await atRest(scene, guarded);
  });

  test("a reserved connection has a permit until it is released, once", async () => {
    const guarded = scene.guarded();
    const { sql } = guarded;
    const reserved = await sql.reserve();
    await reserved`set application_name = 'mine'`;
    expect(await reserved`select current_setting('application_name') as name`).toEqual([{ name: "mine" }]);
    expect((await guarded.held()).permits).toBe(1);
    reserved.release();
    reserved.release();
    expect(await errorOf(reserved`select 1`)).toMatchObject({ message: expect.stringContaining("was released") });
    await atRest(scene, guarded);
    await Promise.all(Array.from({ length: 20 }, () => sql`select 1`));
  });

  test("a connection that is released in a transaction is closed, and what was done rolled back", async () => {
    const guarded = scene.guarded();
    const { sql } = guarded;
    const reserved = await sql.reserve();
    await reserved`begin`;
    await reserved`insert into lots values (1, 'one')`;
    reserved.release();
    await atRest(scene, guarded);
    expect(await sql`select id from lots`).toEqual([]);
    expect(await errorOf(sql`begin`)).toMatchObject({ code: "UNSAFE_TRANSACTION" });
    await atRest(scene, guarded);
  });

  test("notifications are sent and heard, and options and types pass through", async () => {
    const { sql, bare } = scene.guarded();
    const heard = Promise.withResolvers<string>();
    const { unlisten } = await sql.listen("lots", heard.resolve);
    await sql.notify("lots", "hello");
    expect(await heard.promise).toBe("hello");
    await unlisten();
    expect(sql.options).toBe(bare.options);
    expect(sql.parameters).toBe(bare.parameters);
    expect(sql.types).toBe(bare.types);
    expect(sql.PostgresError).toBe(postgres.PostgresError);
  });

  test("what the server says of a statement is postgres.js's own error, with where it was asked", async () => {
    const guarded = scene.guarded({ env: { CIRCUIT_BREAKER_FAILURE_THRESHOLD: "5" } });
    const { sql } = guarded;
    await sql`insert into lots values (1, 'one')`;
    for (let count = 0; count < 12; count += 1) {
      const error = await errorOf(sql`insert into lots values (${1}, 'again')`);
      expect(error).toBeInstanceOf(sql.PostgresError);
      expect(error).toMatchObject({ code: "23505" });
      expect((error as Error).stack).toContain("calls.test.ts");
    }
    expect((await guarded.held()).breaker).toBe("closed");
  });

  test("an error of a callback, and a value that cannot be sent, leave the connection as it was", async () => {
    const guarded = scene.guarded({ sql: { max: 1 } });
    const { sql } = guarded;
    const thrown = sql`select n from generate_series(1, 3) n`.forEach(() => {
      throw new Error("mine");
    });
    expect(await errorOf(thrown)).toEqual(new Error("mine"));
    expect(await errorOf(sql`select ${undefined as never}`)).toMatchObject({ code: "UNDEFINED_VALUE" });
    const twice = await Promise.all([
      errorOf(sql`select ${undefined as never}`),
      errorOf(sql`select ${undefined as never}`),
      sql`select 7 as n`,
    ]);
    expect(twice[2]).toEqual([{ n: 7 }]);
    await atRest(scene, guarded);
  });

  test("a refused server is told in the contract's terms", async () => {
    const guarded = scene.guarded({ url: "postgres://nobody@127.0.0.1:1/none" });
    const error = await errorOf(guarded.sql`select 1`);
    expect(error).toBeInstanceOf(DatabaseError);
    expect(error).toMatchObject({ code: "DB_CONNECTION_FAILED", vendorCode: "ECONNREFUSED" });
    expect(await errorOf(guarded.sql.begin((tx) => tx`select 1`))).toMatchObject({ code: "DB_CONNECTION_FAILED" });
    expect((await guarded.held()).permits).toBe(0);
  });

  test("without fetch_types, and with a parser of its own, all of it works", async () => {
    const guarded = scene.guarded({ sql: { fetch_types: false, max: 2 } });
    const { sql } = guarded;
    const reserved = await sql.reserve();
    expect(await reserved`select 1 as n`).toEqual([{ n: 1 }]);
    reserved.release();
    expect(await sql.begin((tx) => tx`select 2 as n`)).toEqual([{ n: 2 }]);
    await Promise.all(Array.from({ length: 9 }, () => sql`select 3 as n`));
    await atRest(scene, guarded);
  });
});
