/**
 * JavaScript -> PostgreSQL's text format. Scalars become text whose type the server infers from the statement, so that
 * both drivers bind alike; a list is kept in both of its possible forms until the server has said what it expects.
 *
 * Map of this folder, which is what any PostgreSQL says and is told: `binds` (this file) and `values` are the ways in and
 * out, `transactions` the words around statements, `copy` the one that is refused, `outdated` what a migration leaves behind, `errors` what a server's codes mean.
 */
import { assertFewBinds } from "../bind-count.ts";
import { bindValues, Json, jsonOf, type Plain, plain } from "../bind-values.ts";

/** A JavaScript array, as an array literal and as JSON. */
export interface ListBind {
  readonly literal: string;
  readonly json: string;
  toString(): string;
}

export type Bind = string | null | ListBind;

/** The protocol counts to 65,535; postgres.js refuses the last two, and loses step with the server over it. */
const MOST_BINDS = 65_533;
const ONE_ARRAY = "bind them as one array, for `= any(…)` or `from unnest(…::int[])`, or send several statements";

/** Where a bind goes in a text, from position 1 on. */
export const placeholder = (position: number): string => `$${position}`;

/** The oids of `json` and `jsonb`: the only types that want the JSON form of a list. */
export const JSON_OIDS: readonly number[] = [114, 3802];

/** Text is the fallback of both drivers for types they do not know, hence `toString`. */
export function listBind(literal: string, json: string): ListBind {
  return { literal, json, toString: () => literal };
}

/** What a `json` parameter is sent as. */
export function jsonOfBind(bind: Bind): string | null {
  return typeof bind === "object" && bind !== null ? bind.json : bind;
}

/**
 * @throws DatabaseError `statement` for a value that has no SQL form: `undefined`, a function, a symbol, an invalid date,
 *   a promise, a `Map`, a `Set` and whatever else would be nothing as JSON.
 * @example
 * ```ts
 * toBinds([1, null, new Date(0)]); // ["1", null, "1970-01-01T00:00:00.000Z"]
 * ```
 */
export function toBinds(values: readonly unknown[]): Bind[] {
  assertFewBinds(values, MOST_BINDS, ONE_ARRAY);
  return bindValues(values, toBind);
}

function toBind(value: Plain): Bind | undefined {
  return isList(value) ? listBind(arrayLiteral(value), jsonOf(textsIn(value))) : toText(value);
}

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

function toText(value: Exclude<Plain, readonly unknown[]>): string | null {
  if (value === null) return null;
  if (value instanceof Date) return momentText(value);
  if (value instanceof Uint8Array) return `\\x${hex(value)}`;
  return value instanceof Json ? jsonOf(value.value) : String(value);
}

/** ISO 8601 has signs before such years, which PostgreSQL takes for something else; and it has no year 0. */
function momentText(date: Date): string {
  const [, sign, year = "", rest] = /^([+-]?)(\d+)(.*)$/.exec(date.toISOString()) ?? [];
  const isBefore = sign === "-" || Number(year) === 0;
  const counted = isBefore ? String(Number(year) + 1) : String(Number(year));
  return `${counted.padStart(4, "0")}${rest}${isBefore ? " BC" : ""}`;
}

function hex(value: Uint8Array): string {
  return Array.from(value, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function arrayLiteral(values: readonly unknown[]): string {
  const parts = Array.from(values, (value) => {
    const each = plain(value);
    return isList(each) ? arrayLiteral(each) : quote(toText(each));
  });
  return `{${parts.join(",")}}`;
}

function quote(text: string | null): string {
  return text === null ? "NULL" : `"${text.replace(/[\\"]/g, "\\$&")}"`;
}

/** For JSON, which has no bytes: those of a list are written as they are in its literal. */
function textsIn(values: readonly unknown[]): unknown[] {
  return Array.from(values, (value) => {
    const each = plain(value);
    if (isList(each)) return textsIn(each);
    return each instanceof Uint8Array ? toText(each) : value;
  });
}
