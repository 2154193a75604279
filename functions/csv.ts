/**
 * Rows as CSV (RFC 4180): CRLF, a header row, quotes where a cell needs them.
 *
 * A cell that a spreadsheet would take for a formula gets an apostrophe in front, after OWASP's advice on CSV injection;
 * numbers do not, so a negative number stays a number.
 */

/** What a cell can be. Dates become ISO-8601 UTC; null an empty cell. */
export type Cell = string | number | boolean | Date | null | undefined;

const FORMULA = /^[=+\-@\t\r\n]/;
const NEEDS_QUOTES = /[",\r\n]/;

/**
 * @param columns the header and the order of the cells
 * @example
 * ```ts
 * csv(["lot_id", "quantity"], [{ lot_id: "L1", quantity: 25 }]); // "lot_id,quantity\r\nL1,25\r\n"
 * ```
 */
export function csv<Column extends string>(
  columns: readonly Column[],
  rows: readonly { readonly [Name in Column]?: Cell }[],
): string {
  const lines = [columns.map(cell), ...rows.map((row) => columns.map((column) => cell(row[column])))];
  return lines.map((line) => `${line.join(",")}\r\n`).join("");
}

function cell(value: Cell): string {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) return value.toISOString();
  const text = typeof value === "string" && FORMULA.test(value) ? `'${value}` : String(value);
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
