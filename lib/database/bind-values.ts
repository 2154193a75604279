/** Values that become binds, one by one; what a driver cannot bind is refused by its position. */
import { DatabaseError } from "./port.ts";
import { boxed, kindOf, remedyFor, UNFIT } from "./unfit-values.ts";

/** A value in one of the few kinds that drivers put into a form of their own. */
export type Plain = null | string | number | bigint | boolean | Date | Uint8Array | readonly unknown[] | Json;

/** Something that is to be bound as JSON. */
export class Json {
  readonly value: object;
  constructor(value: object) {
    this.value = value;
  }
}

/** A value, or one inside of it, that no SQL can hold. */
class Unfit extends Error {
  readonly value: unknown;
  constructor(value: unknown) {
    super("unfit");
    this.value = value;
  }
}

/**
 * @param toBind undefined for a value that has no SQL form there.
 * @throws DatabaseError `statement`, which says what the value was and what to do.
 */
export function bindValues<Bind>(values: readonly unknown[], toBind: (value: Plain) => Bind | undefined): Bind[] {
  return values.map((value, index) => {
    try {
      const bind = toBind(plain(value));
      if (bind === undefined) throw new Unfit(value);
      return bind;
    } catch (error) {
      if (error instanceof Unfit) throw unbindable(index + 1, value, error.value);
      throw error;
    }
  });
}

/** @param position from 1. */
function unbindable(position: number, value: unknown, unfit: unknown): DatabaseError {
  const found =
    value === unfit ? kindOf(value) : `${Array.isArray(value) ? "an array" : "an object"} that holds ${kindOf(unfit)}`;
  return new DatabaseError(
    "statement",
    `bind value ${position}: a value that SQL can hold is needed, it was ${found}; ${remedyFor(unfit)}`,
  );
}

/**
 * Views of bytes become those bytes, and objects for one primitive that: `new String("x")`, a `URL`, a decimal number or
 * a time of another library whose JSON form is a text. What else has a JSON form becomes that.
 */
export function plain(value: unknown): Plain {
  if (typeof value !== "object") {
    if (value === undefined || typeof value === "function" || typeof value === "symbol") throw new Unfit(value);
    return value as Plain;
  }
  if (value === null || Array.isArray(value)) return value;
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw new Unfit(value);
    return value;
  }
  return bytesOf(value) ?? boxed(value) ?? jsonForm(value);
}

function bytesOf(value: object): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  const tag = Object.prototype.toString.call(value);
  const isBuffer = tag === "[object ArrayBuffer]" || tag === "[object SharedArrayBuffer]";
  return isBuffer ? new Uint8Array(value as ArrayBuffer) : undefined;
}

function jsonForm(value: object): Plain {
  const form: unknown = hasToJson(value) ? own(value) : value;
  if (typeof form === "string" || typeof form === "number" || typeof form === "bigint" || typeof form === "boolean") {
    return form;
  }
  // Nothing, of a value that is something: an invalid time, say.
  if (typeof form !== "object" || form === null) throw new Unfit(value);
  return new Json(value);
}

const hasToJson = (value: object): value is { toJSON(key: string): unknown } =>
  typeof (value as { toJSON?: unknown }).toJSON === "function";

function own(value: { toJSON(key: string): unknown }): unknown {
  try {
    return value.toJSON("");
  } catch {
    throw new Unfit(value);
  }
}

/**
 * Objects that JSON does not know are refused, wherever they stand, and not written as `{}`.
 *
 * @param bigints as texts; or refused, where nothing else would read them as numbers.
 * @throws Unfit for cycles too, which have no JSON form.
 */
export function jsonOf(value: unknown, bigints: "as texts" | "refused" = "as texts"): string {
  let unfit: Unfit | undefined;
  try {
    const json: string | undefined = JSON.stringify(value, (_, inner: unknown) => {
      if (typeof inner === "bigint" && bigints === "as texts") return String(inner);
      if (typeof inner === "object" && inner !== null && UNFIT.some((isUnfit) => isUnfit(inner))) {
        unfit = new Unfit(inner);
        throw unfit;
      }
      return inner;
    });
    if (json !== undefined) return json;
  } catch {
    if (unfit !== undefined) throw unfit;
  }
  throw new Unfit(value);
}
