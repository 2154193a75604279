/**
 * SQL as values. A {@link Statement} keeps its text and its bind values apart from the first character on, so that
 * nothing a request carries can become SQL text. A driver renders it with its own placeholders.
 */

const statementBrand: unique symbol = Symbol("tidegate.statement");

/** `texts` has one element more than `values`; value `i` stands between text `i` and text `i + 1`. */
export interface Statement {
  /** Made by {@link sql} and {@link list} alone: no text that a request carries passes for one. */
  readonly [statementBrand]: true;
  /** The SQL round the values, as it was written. */
  readonly texts: readonly string[];
  /** Bind values, which never become SQL. */
  readonly values: readonly unknown[];
}

export function isStatement(value: unknown): value is Statement {
  return typeof value === "object" && value !== null && statementBrand in value;
}

/**
 * Builds a statement. An interpolated statement is spliced in as SQL; anything else becomes a bind value.
 *
 * @example
 * ```ts
 * const onlyOpen = sql`and closed_at is null`;
 * const holds = sql`select * from holds where lot_id = ${lotId} ${wantsOpen ? onlyOpen : sql``}`;
 * ```
 */
export function sql(strings: TemplateStringsArray, ...values: readonly unknown[]): Statement {
  const texts: string[] = [strings[0] ?? ""];
  const binds: unknown[] = [];
  values.forEach((value, index) => {
    append(texts, binds, isStatement(value) ? value : { texts: ["", ""], values: [value] });
    texts[texts.length - 1] += strings[index + 1] ?? "";
  });
  return { [statementBrand]: true, texts, values: binds };
}

/**
 * A comma-separated list of bind values, for `in (…)`. Portable where array parameters are not.
 *
 * @throws RangeError for an empty list, which no database accepts in `in ()`.
 * @example
 * ```ts
 * sql`select * from lots where id in (${list(["L1", "L2"])})`;
 * ```
 */
export function list(values: readonly unknown[]): Statement {
  if (values.length === 0) throw new RangeError("sql list: at least one value is needed, got none");
  return {
    [statementBrand]: true,
    texts: ["", ...values.slice(1).map(() => ", "), ""],
    values: [...values],
  };
}

/** The statement's text with `placeholder(1)`, `placeholder(2)`, … where its values go. */
export function render(statement: Statement, placeholder: (position: number) => string): string {
  return statement.texts.reduce((text, part, index) => text + placeholder(index) + part);
}

function append(texts: string[], binds: unknown[], part: Pick<Statement, "texts" | "values">): void {
  texts[texts.length - 1] += part.texts[0] ?? "";
  texts.push(...part.texts.slice(1));
  binds.push(...part.values);
}
