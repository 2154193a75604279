/** A connection that is reserved until it is released, with whatever its holder does on it. */
import type { Insides } from "../../guard/insides.ts";
import type { Limits } from "../options.ts";
import { lend, type Under } from "../permits.ts";
import type { RawReserved } from "./driver.ts";
import type { ReservedLine } from "./line.ts";
import type { Statement } from "./statement.ts";
import { guardedTag, type Run, type TagPlan } from "./tag.ts";

/** What the server calls the beginning of a transaction. */
export const BEGUN = /^(?:BEGIN|START TRANSACTION)$/;
const ENDED = /^(?:COMMIT|ROLLBACK|PREPARE TRANSACTION)$/;
const TO_SAVEPOINT = /^\s*rollback\s+(?:work\s+|transaction\s+)?to\b/i;
const ROLLBACK = /^\s*rollback(?:\s+(?:work|transaction))?\s*;?\s*$/i;

export interface ReservationPlan extends Pick<TagPlan, "close"> {
  readonly notify: unknown;
}

/** @throws As a guarded call, for as long as there is no connection. */
export async function reserve(
  under: Under<ReservedLine>,
  insides: Insides,
  limits: Limits,
  { close, notify }: ReservationPlan,
): Promise<RawReserved> {
  let isReleased = false;
  let isBegun = false;
  const { hold, line, ended } = await lend(under, insides, limits, () => !isReleased);
  const succeeded = (statement: Statement, value: unknown): void => {
    if (BEGUN.test(statement.command)) isBegun = true;
    else if (ENDED.test(statement.command) && !TO_SAVEPOINT.test(statement.text)) isBegun = false;
    statement.succeed(value);
  };
  const run: Run = (statement) => {
    if (isReleased) return statement.fail(releasedError());
    statement.on(
      hold,
      (value) => succeeded(statement, value),
      async (error) => {
        const isRolledBack = ROLLBACK.test(statement.text) && (await isClosed());
        if (isRolledBack) statement.succeed(Object.assign([], { command: "ROLLBACK", count: null }));
        else statement.fail(error);
      },
    );
  };
  /** That rolls back as well: who only wants that has what he wants, and what has gone wrong he was told before. */
  const isClosed = async (): Promise<boolean> => {
    if (hold.over()) await ended;
    return hold.over() !== null || line.lost() !== undefined;
  };
  const release = (): void => {
    if (isReleased) return;
    isReleased = true;
    hold.giveBack(isBegun ? new Error("The connection was released in a transaction.") : undefined);
  };
  return guardedTag({ raw: line.sql, run, close, own: { release, notify } });
}

const releasedError = (): Error =>
  new Error("sql: this connection was released; take one by sql.reserve(), and release it after its last statement");
