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
  return [header(columns), ...rows.map((row) => line(columns, row))].join("");
}

/** How much of a stream is handed on at a time, in characters. */
const CHUNK_LENGTH = 16_384;

/**
 * The same as a stream, at the pace of whoever reads it. An error of `rows` breaks it off: a reader never takes a part
 * for the whole. Leaving it leaves `rows`.
 */
export function csvStream<Column extends string>(
  columns: readonly Column[],
  rows: AsyncIterator<{ readonly [Name in Column]?: Cell }>,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let text = header(columns);
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        let done = false;
        while (!done && text.length < CHUNK_LENGTH) {
          const next = await rows.next();
          if (next.done) done = true;
          else text += line(columns, next.value);
        }
        if (text !== "") controller.enqueue(encoder.encode(text));
        text = "";
        if (done) controller.close();
      },
      cancel: async () => {
        await rows.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

function header(columns: readonly string[]): string {
  return `${columns.map(cell).join(",")}\r\n`;
}

function line<Column extends string>(columns: readonly Column[], row: { readonly [Name in Column]?: Cell }): string {
  return `${columns.map((column) => cell(row[column])).join(",")}\r\n`;
}

function cell(value: Cell): string {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) return value.toISOString();
  const text = typeof value === "string" && FORMULA.test(value) ? `'${value}` : String(value);
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
