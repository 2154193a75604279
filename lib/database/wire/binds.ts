/**
 * JavaScript -> PostgreSQL's text format. Scalars become text whose type the server infers from the statement, so that
 * both drivers bind alike; a list is kept in both of its possible forms until the server has said what it expects.
 *
 * Map of this folder, which is what any PostgreSQL says and is told: `binds` (this file) and `values` are the ways in and
 * out, `transactions` the words around statements, `copy` the one that is refused, `errors` what a server's codes mean.
 */
import { bindValues } from "../bind-values.ts";

/** A JavaScript array, as an array literal and as JSON. */
export interface ListBind {
  readonly literal: string;
  readonly json: string;
  toString(): string;
}

export type Bind = string | null | ListBind;

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
 * @throws DatabaseError `statement` for a value that has no SQL form: `undefined`, a function, a symbol, an invalid date.
 * @example
 * ```ts
 * toBinds([1, null, new Date(0)]); // ["1", null, "1970-01-01T00:00:00.000Z"]
 * ```
 */
export function toBinds(values: readonly unknown[]): Bind[] {
  return bindValues(values, toBind);
}

function toBind(value: unknown): Bind | undefined {
  if (Array.isArray(value)) {
    const literal = arrayLiteral(value);
    const json = toJson(value);
    return literal === undefined || json === undefined ? undefined : listBind(literal, json);
  }
  return toText(value);
}

function toText(value: unknown): string | null | undefined {
  if (value === null) return null;
  switch (typeof value) {
    case "string":
      return value;
    case "number":
    case "bigint":
    case "boolean":
      return String(value);
    case "object":
      if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
      if (value instanceof Uint8Array) return `\\x${hex(value)}`;
      return toJson(value);
    default:
      return undefined;
  }
}

/** Cycles and big integers have no JSON form. */
function toJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, (_, inner: unknown) => (typeof inner === "bigint" ? String(inner) : inner));
  } catch {
    return undefined;
  }
}

function hex(value: Uint8Array): string {
  return Array.from(value, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function arrayLiteral(values: readonly unknown[]): string | undefined {
  const parts: string[] = [];
  for (const value of values) {
    const part = Array.isArray(value) ? arrayLiteral(value) : quote(toText(value));
    if (part === undefined) return undefined;
    parts.push(part);
  }
  return `{${parts.join(",")}}`;
}

function quote(text: string | null | undefined): string | undefined {
  if (text === undefined) return undefined;
  return text === null ? "NULL" : `"${text.replace(/[\\"]/g, "\\$&")}"`;
}
