/** What a PostgreSQL in order says of statements: each brought about at a real server. */
import type { Database } from "../../../lib/database/port.ts";
import { type Statement, sql } from "../../../lib/database/sql.ts";
import { type Conditions, execution } from "../../support/execution.ts";
import { type PostgresScene, runtime } from "../../support/postgres-scene.ts";
import { eventually } from "../../support/processes.ts";
import { type RowCases, row, thrown } from "./case.ts";

const run = (conditions: Conditions = {}) => execution(runtime, conditions);
const LONG = sql`select pg_sleep(9)`;

export function statementRows({ server, database, seen }: PostgresScene): RowCases[] {
  const fails = (statement: Statement, conditions: Conditions = {}) =>
    thrown(database({ poolSize: 1, maxOverflow: 0 }).query(statement, run(conditions)));
  const running = (name: string) =>
    eventually("it runs", async () => (await seen(name, "state = 'active' and query like '%sleep%'")) === 1);
  /** As a role made for it. */
  const as = async (role: string, settings: string, then: string = ""): Promise<Database> => {
    await server().query(`drop role if exists ${role}; create role ${role} login ${settings}; ${then}`);
    return database({ poolSize: 1, maxOverflow: 0 }, {}, server().url.replace("tidegate:", `${role}:`));
  };
  const table = (name: string, ids: string) =>
    server().query(
      `drop table if exists ${name}; create table ${name} (id int primary key); insert into ${name} ${ids}`,
    );

  async function whileRunning(name: string, stop: (abort: AbortController) => unknown) {
    const db = database({ applicationName: name, poolSize: 1, maxOverflow: 0 });
    const abort = new AbortController();
    const failed = thrown(db.query(LONG, run({ signal: abort.signal })));
    await running(name);
    await stop(abort);
    return failed;
  }

  /** Two transactions that each need the row that the other has. */
  async function deadlock() {
    await table("pairs", "values (1), (2)");
    const db = database();
    const both = Promise.withResolvers<void>();
    let locked = 0;
    const transact = (first: number, second: number) =>
      db.transaction(run(), {}, async (held) => {
        await held.query(sql`select id from pairs where id = ${first} for update`);
        locked += 1;
        if (locked === 2) both.resolve();
        await both.promise;
        await held.query(sql`select id from pairs where id = ${second} for update`);
      });
    const results = await Promise.allSettled([transact(1, 2), transact(2, 1)]);
    const failed = results.find((each) => each.status === "rejected");
    return thrown(Promise.reject(failed?.reason));
  }

  async function lostUpdate() {
    await table("counters", "values (1)");
    const db = database();
    return thrown(
      db.transaction(run(), { isolation: "repeatable read" }, async (held) => {
        await held.query(sql`select id from counters`);
        await db.query(sql`update counters set id = 2`, run());
        await held.query(sql`update counters set id = 3`);
      }),
    );
  }

  return [
    row("statement timeout", "DB_QUERY_TIMEOUT", "failure", {
      "the server's own": () => fails(LONG, { deadlineMs: 200 }),
    }),
    row("cancelled on request", "DB_QUERY_TIMEOUT", "ignored", {
      "by its caller": () => whileRunning("gone", (abort) => abort.abort()),
      "by an administrator": () =>
        whileRunning("stopped", () =>
          server().query("select pg_cancel_backend(pid) from pg_stat_activity where application_name = 'stopped'"),
        ),
    }),
    row("a configured limit of one statement", "DB_QUERY_ERROR", "ignored", {
      "a temporary file that grew too large": async () => {
        const db = await as("spiller", "", "alter role spiller set temp_file_limit = '1MB'");
        const sort = sql`select count(*) from (select md5(g::text) as m from generate_series(1, 300000) g order by m) x`;
        return thrown(db.query(sort, run()));
      },
    }),
    row("disk, memory or files of the server used up", "DB_CONNECTION_FAILED", "failure", {
      "a disk that is full": () => fails(sql`copy (select repeat('x', 9999)) to '/dev/full'`),
      "shared memory": () => fails(sql`select count(pg_advisory_lock(g)) from generate_series(1, 1000000) g`),
    }),
    row("input, output or operating system failed", "DB_CONNECTION_FAILED", "failure", {
      // Nobody has the first page of memory.
      "a file that cannot be read": () => fails(sql`select pg_read_binary_file('/proc/self/mem', 0, 10)`),
    }),
    row("message and statement do not fit", "DB_QUERY_ERROR", "ignored", {
      "a place in the text for which there is no value": () => fails(sql`select ${1}::int + $2::int`),
    }),
    row("deadlock", "DB_QUERY_ERROR", "ignored", { "two transactions": deadlock }),
    row("serialization failure", "DB_QUERY_ERROR", "ignored", { "an update that was overtaken": lostUpdate }),
    row("constraint", "DB_QUERY_ERROR", "ignored", {
      unique: async () => {
        await table("once", "values (1)");
        return fails(sql`insert into once values (1)`);
      },
      check: () => fails(sql`do $$ begin create temp table t (n int check (n > 0)); insert into t values (0); end $$`),
    }),
    row("syntax, names or privileges", "DB_QUERY_ERROR", "ignored", {
      syntax: () => fails(sql`selec 1`),
      "no such table": () => fails(sql`select * from nowhere`),
      "no privilege": async () => {
        const db = await as("stranger", "");
        return thrown(db.query(sql`select * from pg_authid`, run()));
      },
    }),
    row("read-only", "DB_QUERY_ERROR", "ignored", {
      "a role that may only read": async () => {
        const db = await as("reader", "", "alter role reader set default_transaction_read_only = on");
        return thrown(db.query(sql`create table w ()`, run()));
      },
      "a transaction that only reads": () =>
        thrown(database().transaction(run(), { readOnly: true }, (held) => held.query(sql`create table w ()`))),
    }),
    row("anything else said of a statement", "DB_QUERY_ERROR", "ignored", {
      "division by zero": () => fails(sql`select 1 / 0`),
      "a lock that was not to be had": async () => {
        await table("held", "values (1)");
        return thrown(
          database().transaction(run(), {}, async (held) => {
            await held.query(sql`lock table held`);
            await database().transaction(run(), {}, (other) => other.query(sql`lock table held nowait`));
          }),
        );
      },
      "a file that is not there": () => fails(sql`copy held from '/nowhere'`),
      "one of the application's own": () =>
        fails(sql`do $$ begin raise exception 'no' using errcode = 'XX000'; end $$`),
    }),
  ];
}
