/**
 * Oracle's values -> JavaScript, as close to what a PostgreSQL gives as the types allow.
 *
 * - `NUMBER` is a number while it is whole and exact, else its text, because a number would lose digits; `FLOAT`,
 *   `BINARY_FLOAT` and `BINARY_DOUBLE` are numbers.
 * - `DATE` and `TIMESTAMP` are read as UTC, to the millisecond. The driver reads them by the clock of this process, so
 *   hours that its zone skips in spring come out one later: run with `TZ=UTC`, or keep times with their zone.
 * - `CLOB`, `NCLOB` and `LONG` are text, `BLOB` and `RAW` bytes. Everything else is as the driver has it.
 * - Names of columns are lower case, unless they were quoted in mixed case.
 */

/** Precision and scale by which the driver describes a `FLOAT`, which is a `NUMBER` with a binary precision. */
export interface NumberType {
  readonly precision?: number | undefined;
  readonly scale?: number | undefined;
}

const SCALE_OF_FLOAT = -127;

/**
 * @example
 * ```ts
 * toNumber("7", {}); // 7
 * toNumber(".5", { precision: 126, scale: -127 }); // 0.5
 * toNumber("1.25", { precision: 10, scale: 2 }); // "1.25"
 * ```
 */
export function toNumber(text: string | null, { precision = 0, scale = 0 }: NumberType): number | string | null {
  if (text === null) return null;
  const value = Number(text);
  const isFloat = scale === SCALE_OF_FLOAT && precision > 0;
  if (isFloat || Number.isSafeInteger(value)) return value;
  return text.replace(/^(-?)\./, "$10.");
}

/** The driver reads a time without zone as one of this process's zone: its fields are right, its instant is not. */
export function asUtc(local: Date | null): Date | null {
  if (local === null) return null;
  const instant = new Date(0);
  instant.setUTCFullYear(local.getFullYear(), local.getMonth(), local.getDate());
  instant.setUTCHours(local.getHours(), local.getMinutes(), local.getSeconds(), local.getMilliseconds());
  return instant;
}

export function columnName(name: string): string {
  return name === name.toUpperCase() ? name.toLowerCase() : name;
}

/** Rows of values -> objects. Of two columns of one name the last wins, as with postgres.js. */
export function toRows(names: readonly string[], rows: readonly (readonly unknown[])[]): Record<string, unknown>[] {
  const keys = names.map(columnName);
  return rows.map((row) => Object.fromEntries(keys.map((key, index) => [key, row[index]])));
}
