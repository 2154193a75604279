/** What the tests of the error tables are made of: for each row what it must come to, and the ways to bring it about. */
import { expect, test } from "vitest";
import type { ErrorRow } from "../../../lib/database/error-table.ts";
import { type DatabaseCode, DatabaseError } from "../../../lib/database/port.ts";
import type { Outcome } from "../../../lib/gate/types.ts";
import { outcomeOf } from "../../../lib/guard/outcome.ts";

export interface Case {
  /** How it is brought about, and by what: a server, a socket, a script of the wire, or only an error of that shape. */
  readonly how: string;
  /** Resolves to what the database of ours threw. */
  readonly provoke: () => Promise<DatabaseError>;
}

export interface RowCases {
  readonly what: string;
  readonly code: DatabaseCode;
  readonly outcome: Outcome;
  readonly cases: readonly Case[];
}

export function row(
  what: string,
  code: DatabaseCode,
  outcome: Outcome,
  cases: Readonly<Record<string, Case["provoke"]>>,
): RowCases {
  return { what, code, outcome, cases: Object.entries(cases).map(([how, provoke]) => ({ how, provoke })) };
}

/** What a promise of ours rejects with. */
export async function thrown(promise: Promise<unknown>): Promise<DatabaseError> {
  const error = await promise.then(
    () => new Error("it succeeded"),
    (caught: unknown) => caught,
  );
  if (error instanceof DatabaseError) return error;
  throw new Error("a DatabaseError was expected", { cause: error });
}

/** One test per case, and one that fails for a row without a case, or cases without a row. */
export function testRows(
  table: readonly ErrorRow[],
  rowOf: (vendorError: unknown) => ErrorRow | undefined,
  rows: readonly RowCases[],
): void {
  const cases = rows.flatMap((each) => each.cases.map((one) => ({ ...each, ...one })));
  test.each(cases)("$what, $how: $code, $outcome", async ({ what, code, outcome, provoke }) => {
    const error = await provoke();
    expect(rowOf(error.vendorError())?.what, String(error.vendorError())).toBe(what);
    expect({ code: error.code, outcome: outcomeOf(error, "request") }).toEqual({ code, outcome });
  });

  test("every row of the table has a case, and a name of its own", () => {
    const names = table.map(({ what }) => what);
    expect(new Set(names).size).toBe(names.length);
    expect(rows.filter(({ cases: known }) => known.length > 0).map(({ what }) => what)).toEqual(
      expect.arrayContaining(names),
    );
    expect(names).toEqual(expect.arrayContaining(rows.map(({ what }) => what)));
  });
}
