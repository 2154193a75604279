/** Values that become binds, one by one; what a driver cannot bind is refused by its position. */
import { DatabaseError } from "./port.ts";

/**
 * @param toBind undefined for a value that has no SQL form there.
 * @throws DatabaseError `statement`, which says what the value was and what to do.
 */
export function bindValues<Bind>(values: readonly unknown[], toBind: (value: unknown) => Bind | undefined): Bind[] {
  return values.map((value, index) => {
    const bind = toBind(value);
    if (bind === undefined) throw unbindable(index + 1, value);
    return bind;
  });
}

/** @param position from 1. */
function unbindable(position: number, value: unknown): DatabaseError {
  return new DatabaseError(
    "statement",
    `bind value ${position}: a value that SQL can hold is needed, it was ${kindOf(value)}; ${remedy(value)}`,
  );
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object" && !(value instanceof Date)) return "an object without a JSON form";
  return value instanceof Date ? "an invalid date" : value === undefined ? "undefined" : `a ${typeof value}`;
}

function remedy(value: unknown): string {
  return Array.isArray(value) ? "use list(values) for `in (…)`" : 'use null for "no value"';
}
