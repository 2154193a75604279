/**
 * The traps of PGlite, and a case of every row of the table of its errors, on the real one. Each trap is first walked into
 * by the driver as it comes; that ours ends at the deadline is in `contract.test.ts`. One engine for the whole file: it takes seconds to start.
 */
import { PGlite } from "@electric-sql/pglite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rowOf } from "../../lib/database/error-table.ts";
import { PGLITE_ERRORS, toPgliteError } from "../../lib/database/pglite/errors.ts";
import { pglite } from "../../lib/database/pglite/pglite.ts";
import type { Database } from "../../lib/database/port.ts";
import { type Statement, sql } from "../../lib/database/sql.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import { type Conditions, execution, SETTINGS } from "../support/execution.ts";
import { row, testRows, thrown } from "./errors/case.ts";

const runtime = systemRuntime();
const run = (conditions: Conditions = {}) => execution(runtime, { deadlineMs: 60_000, ...conditions });
const BUSY_MS = 600;

let db: Database;
beforeAll(async () => {
  db = pglite().open(SETTINGS, runtime);
  await db.query(sql`create table lots (id int primary key)`, run());
}, 60_000);
afterAll(() => db.close());

/** How often the event loop of this thread came round while `task` was under way. */
async function turnsDuring(task: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  const ticking = setInterval(() => {
    turns += 1;
  }, 5);
  await task();
  clearInterval(ticking);
  return turns;
}

describe("a statement blocks its thread, and no statement_timeout ends it", () => {
  test("naive", async () => {
    const naive = await PGlite.create();
    await naive.query("set statement_timeout = 50");
    const startedAt = performance.now();
    const turns = await turnsDuring(() => naive.query(`select pg_sleep(${BUSY_MS / 1_000})`));
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(BUSY_MS - 10);
    expect(turns).toBeLessThanOrEqual(3);
    await naive.close();
  }, 60_000);

  test("ours: another thread is blocked", async () => {
    const turns = await turnsDuring(() => db.query(sql`select pg_sleep(0.6)`, run()));
    expect(turns).toBeGreaterThan(10);
  });
});

describe("rows that the client would have to send are waited for, for ever", () => {
  test("ours: such a statement is refused, in a transaction too, and the rows of before stay", async () => {
    await db.query(sql`insert into lots values (1)`, run());
    for (const copy of [sql`copy lots from stdin`, sql`\n  COPY lots (id) FROM STDIN with (format csv)`]) {
      await expect(db.query(copy, run())).rejects.toMatchObject({ fault: "statement" });
      const inside = db.transaction(run(), {}, (held) => held.query(copy));
      await expect(inside).rejects.toMatchObject({ fault: "statement" });
    }
    expect(await db.query(sql`delete from lots returning id`, run())).toEqual([{ id: 1 }]);
  });
});

describe("errors of PGlite", () => {
  const fails = (statement: Statement) => thrown(db.query(statement, run()));
  /** Said by the engine, though not for the reason that a server would have. */
  const raised = (code: string) => () => {
    const text = `do $$ begin raise exception 'no' using errcode = '${code}'; end $$`;
    return fails(sql(Object.assign([text], { raw: [text] })));
  };
  /** It has no sessions but its own, nobody logs on, and it cannot be told to stop: only an error of that shape. */
  const shape =
    (code: string, message = "no", severity = "ERROR") =>
    async () =>
      toPgliteError(Object.assign(new Error(message), { code, severity }));
  const SHAPE = "it cannot come to that, shape of the error";

  testRows(PGLITE_ERRORS, (error) => rowOf(PGLITE_ERRORS, error), [
    row("statement timeout", "DB_QUERY_TIMEOUT", "failure", {
      [SHAPE]: shape("57014", "canceling statement due to statement timeout"),
    }),
    row("cancelled on request", "DB_QUERY_TIMEOUT", "ignored", {
      [SHAPE]: shape("57014", "canceling statement due to user request"),
    }),
    row("too many connections", "DB_POOL_EXHAUSTED", "ignored", { [SHAPE]: shape("53300") }),
    row("message and statement do not fit", "DB_QUERY_ERROR", "ignored", {
      "a place in the text for which there is no value": () => fails(sql`select $1::int`),
    }),
    row("connection exception", "DB_CONNECTION_FAILED", "failure", { [SHAPE]: shape("08006") }),
    row("name or password refused", "DB_CONNECTION_FAILED", "failure", { [SHAPE]: shape("28000") }),
    row("no such database", "DB_CONNECTION_FAILED", "failure", { [SHAPE]: shape("3D000") }),
    row("starting up or shutting down", "DB_CONNECTION_FAILED", "failure", { [SHAPE]: shape("57P03") }),
    row("session ended by an administrator or a crash", "DB_CONNECTION_FAILED", "failure", {
      [SHAPE]: shape("57P01", "terminating connection", "FATAL"),
    }),
    row("session ended for another reason", "DB_CONNECTION_FAILED", "failure", {
      [SHAPE]: shape("55000", "not accepting connections", "FATAL"),
    }),
    row("a configured limit of one statement", "DB_QUERY_ERROR", "ignored", { "raised in it": raised("53400") }),
    row("disk, memory or files of the server used up", "DB_CONNECTION_FAILED", "failure", {
      // A statement that really uses it up gets the same code, and needs a gigabyte of the machine for it.
      "raised in it": raised("53200"),
    }),
    row("input, output or operating system failed", "DB_CONNECTION_FAILED", "failure", {
      "raised in it": raised("58030"),
    }),
    row("deadlock", "DB_QUERY_ERROR", "ignored", { "raised in it": raised("40P01") }),
    row("serialization failure", "DB_QUERY_ERROR", "ignored", { "raised in it": raised("40001") }),
    row("constraint", "DB_QUERY_ERROR", "ignored", { "not null": () => fails(sql`insert into lots values (null)`) }),
    row("syntax, names or privileges", "DB_QUERY_ERROR", "ignored", { syntax: () => fails(sql`selec 1`) }),
    row("read-only", "DB_QUERY_ERROR", "ignored", {
      "a transaction that only reads": () =>
        thrown(db.transaction(run(), { readOnly: true }, (held) => held.query(sql`insert into lots values (7)`))),
    }),
    row("anything else said of a statement", "DB_QUERY_ERROR", "ignored", {
      "division by zero": () => fails(sql`select 1 / 0`),
    }),
    row("the machine failed", "DB_CONNECTION_FAILED", "failure", {
      "shape of the error, as WebAssembly has it": async () =>
        toPgliteError(new WebAssembly.RuntimeError("memory access out of bounds")),
    }),
  ]);
});
