/** How statements are written at the guarded database and in its transactions. */
import { isStatement, type Statement, sql } from "../database/sql.ts";

/** A template literal, or a statement built with `sql`. */
export type Query =
  | readonly [statement: Statement]
  | readonly [texts: TemplateStringsArray, ...values: readonly unknown[]];

export function statementOf([first, ...values]: Query): Statement {
  return isStatement(first) ? first : sql(first, ...values);
}
