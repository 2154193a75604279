/** JavaScript -> what node-oracledb binds. Oracle has no arrays and, before 23ai, no booleans in SQL. */
import { assertFewBinds } from "../bind-count.ts";
import { bindValues, Json, jsonOf, type Plain } from "../bind-values.ts";

/** "Logical Database Limits" of the manual, and 16 bits in the driver's messages. */
const MOST_BINDS = 65_535;
const IN_PARTS = "bind them as one JSON text, for `from json_table(…)`, or send several statements";

export type Bind = string | number | null | Date | Uint8Array;

/**
 * Booleans become 1 and 0, big integers text (which Oracle compares with numbers as numbers), plain objects JSON.
 * Oracle keeps an empty text as null.
 *
 * @throws DatabaseError `statement` for a value that has no SQL form: `undefined`, a function, a symbol, an invalid
 *   date; and for an array, which Oracle cannot take: use `list(values)`.
 * @example
 * ```ts
 * toBinds([1, true, 2n ** 60n]); // [1, 1, "1152921504606846976"]
 * ```
 */
export function toBinds(values: readonly unknown[]): Bind[] {
  assertFewBinds(values, MOST_BINDS, IN_PARTS);
  return bindValues(values, toBind);
}

function toBind(value: Plain): Bind | undefined {
  if (Array.isArray(value)) return undefined;
  if (value instanceof Json) return jsonOf(value.value, "refused");
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "bigint" ? String(value) : (value as Bind);
}
