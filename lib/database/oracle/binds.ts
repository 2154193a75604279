/** JavaScript -> what node-oracledb binds. Oracle has no arrays and, before 23ai, no booleans in SQL. */
import { bindValues } from "../bind-values.ts";

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
  return bindValues(values, toBind);
}

function toBind(value: unknown): Bind | undefined {
  switch (typeof value) {
    case "string":
    case "number":
      return value;
    case "bigint":
      return String(value);
    case "boolean":
      return value ? 1 : 0;
    case "object":
      return value === null ? null : ofObject(value);
    default:
      return undefined;
  }
}

function ofObject(value: object): Bind | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value;
  if (value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return undefined;
  // Cycles and big integers have no JSON form.
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
