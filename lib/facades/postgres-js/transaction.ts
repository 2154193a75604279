/**
 * A transaction on a reserved connection, as the driver's own `begin` has it, savepoints and all. Not by that: where its
 * connection is lost, it writes a rollback to a socket that it has no more, which ends the process.
 */
import { codeOf } from "../../database/failure.ts";
import type { RawTag } from "./driver.ts";
import type { ReservedLine } from "./line.ts";
import { type SqlHold, Statement } from "./statement.ts";
import { guardedTag, type Run } from "./tag.ts";

/** What an application does in a transaction; of several queries, all are waited for. */
export type Work = (sql: RawTag) => unknown;

export interface TransactionPlan {
  readonly hold: SqlHold;
  readonly line: ReservedLine;
  readonly close: object;
  readonly notify: unknown;
  /** The commit is under way. */
  committing(isUnderWay: boolean): void;
}

/** In a transaction that was aborted: what has aborted it says more. */
const ABORTED = "25P02";
/** What a server does without being asked is nothing to be told in SQL. */
const NO_WORD = /[^a-z ]/gi;
const NO_NAME = /[^a-z0-9$_. -]/gi;

export async function transactionOn(plan: TransactionPlan, options: string, work: Work): Promise<unknown> {
  const { hold, line } = plan;
  const control = (text: string) =>
    new Promise((resolve, reject) => new Statement(line.sql.unsafe(text), plan.close).on(hold, resolve, reject));
  let isOver = false;
  let savepoints = 0;

  async function scope(inside: Work, name: string | null): Promise<unknown> {
    let prepared: string | undefined;
    let uncaught: { readonly error: unknown } | undefined;
    const run: Run = (statement) => {
      if (isOver) return statement.fail(overError());
      statement.on(
        hold,
        (value) => statement.succeed(value),
        (error) => {
          uncaught ??= { error };
          statement.fail(error);
        },
      );
    };
    const sql = guardedTag({
      raw: line.sql as RawTag,
      run,
      close: plan.close,
      own: {
        savepoint,
        prepare: (given: string) => {
          prepared = given.replace(NO_NAME, "");
        },
        notify: plan.notify,
        release: undefined,
      },
    });
    try {
      const made = inside(sql);
      const result = await (Array.isArray(made) ? Promise.all(made) : made);
      if (uncaught) throw uncaught.error;
      if (name === null) await end(prepared);
      return result;
    } catch (error) {
      await rollBack(name);
      throw codeOf(error) === ABORTED && uncaught ? uncaught.error : error;
    }
  }
  async function end(prepared: string | undefined): Promise<void> {
    plan.committing(true);
    await control(prepared === undefined ? "commit" : `prepare transaction '${prepared}'`);
    plan.committing(false);
    isOver = true;
  }
  /** What cannot be rolled back is so by the end of its connection. */
  async function rollBack(name: string | null): Promise<void> {
    if (isOver) return;
    if (name === null) isOver = true;
    await control(name === null ? "rollback" : `rollback to ${name}`).catch((failed: unknown) => hold.giveBack(failed));
  }
  async function savepoint(first: unknown, second?: Work): Promise<unknown> {
    if (isOver) throw overError();
    const [given, inside] = second ? [`_${String(first)}`, second] : ["", first as Work];
    const name = `"${`s${savepoints++}${given}`.replaceAll('"', '""')}"`;
    await control(`savepoint ${name}`);
    return scope(inside, name);
  }

  await control(`begin ${options.replace(NO_WORD, "")}`);
  return scope(work, null);
}

const overError = (): Error =>
  new Error("sql: the transaction is over; ask for everything before its callback ends, and await it there");
