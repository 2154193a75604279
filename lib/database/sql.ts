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
 * Refuses what is no template literal: a text that was put together elsewhere, or an array that a request brought along.
 * `raw` is what no JSON gives an array.
 *
 * @param tag what would stand in front of the literal.
 * @throws TypeError which says what to write.
 */
export function assertTemplate(strings: unknown, tag: string): asserts strings is TemplateStringsArray {
  if (!Array.isArray(strings) || !Array.isArray((strings as { raw?: unknown }).raw)) {
    const was = strings instanceof Promise ? "a promise" : Array.isArray(strings) ? "an array" : kindOf(strings);
    throw new TypeError(
      `${tag}: a template literal is needed, as in ${tag}\`select * from lots where id = \${id}\`, it was ${was}; ` +
        "write the statement there and interpolate its values, or build it with sql`…`",
    );
  }
  // An escape that is none has no text, only `raw`: the statement would run without what follows it.
  if ((strings as unknown[]).some((text) => typeof text !== "string")) {
    throw new TypeError(
      `${tag}: a template literal with escapes of JavaScript is needed, it has others; write \\\\ for \\`,
    );
  }
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "object") return "an object";
  return typeof value === "string" ? "a text" : `a ${typeof value}`;
}

const IN = /\bin\s*\(?\s*$/i;

/** One bind is one value: `in ($1)` compares with the array as a whole. */
function assertNotIn(before: string): void {
  if (!IN.test(before)) return;
  throw new TypeError(
    `sql: in (…) needs a value for each place, it was one array; write in (\${list(values)}), or = any(\${values}) on PostgreSQL`,
  );
}

/**
 * Builds a statement. An interpolated statement is spliced in as SQL; anything else becomes a bind value.
 *
 * @throws TypeError for what is no template literal, and for an array in `in (…)`, which is what {@link list} is for.
 * @example
 * ```ts
 * const onlyOpen = sql`and closed_at is null`;
 * const holds = sql`select * from holds where lot_id = ${lotId} ${wantsOpen ? onlyOpen : sql``}`;
 * ```
 */
export function sql(strings: TemplateStringsArray, ...values: readonly unknown[]): Statement {
  assertTemplate(strings, "sql");
  // As it was written: who looks at texts again and again knows them by what they are.
  if (!values.some((value) => Array.isArray(value) || isStatement(value)))
    return { [statementBrand]: true, texts: strings, values };
  const texts: string[] = [strings[0] ?? ""];
  const binds: unknown[] = [];
  values.forEach((value, index) => {
    if (Array.isArray(value)) assertNotIn(texts.at(-1) ?? "");
    append(texts, binds, isStatement(value) ? value : { texts: ["", ""], values: [value] });
    texts[texts.length - 1] += strings[index + 1] ?? "";
  });
  return { [statementBrand]: true, texts, values: binds };
}

/**
 * A comma-separated list of bind values, for `in (…)`. Portable where array parameters are not.
 *
 * @throws TypeError for what is no array; RangeError for an empty list, which no database accepts in `in ()`.
 * @example
 * ```ts
 * sql`select * from lots where id in (${list(["L1", "L2"])})`;
 * ```
 */
export function list(values: readonly unknown[]): Statement {
  if (!Array.isArray(values)) {
    throw new TypeError(`sql list: an array is needed, it was ${kindOf(values)}; write list([...values])`);
  }
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

/** The same with a comment at its end, in front of a semicolon. It becomes SQL text: whoever makes it answers for it. */
export function commented({ texts, values }: Statement, comment: string): Statement {
  const last = (texts.at(-1) ?? "").trimEnd();
  const said = last.endsWith(";") ? `${last.slice(0, -1)} ${comment};` : `${last} ${comment}`;
  return { [statementBrand]: true, texts: [...texts.slice(0, -1), said], values };
}

function append(texts: string[], binds: unknown[], part: Pick<Statement, "texts" | "values">): void {
  texts[texts.length - 1] += part.texts[0] ?? "";
  // One by one: as arguments of one call, a long list would overflow the stack.
  for (const text of part.texts.slice(1)) texts.push(text);
  for (const value of part.values) binds.push(value);
}
