/** What is no `sql`, said in a sentence that tells what to write instead. */
import type { RawSql } from "./driver.ts";

const NEEDED = "guardSql: a sql of postgres.js is needed, as in guardSql(tide, postgres(url))";

/** @throws TypeError */
export function assertSql(given: unknown): asserts given is RawSql {
  const found = misuseOf(given);
  if (found !== null) throw new TypeError(`${NEEDED}; it was ${found}`);
}

export const isSql = (given: unknown): boolean => misuseOf(given) === null;

function misuseOf(given: unknown): string | null {
  if (given === null || given === undefined) return `${given}`;
  if (typeof given === "string") return "a text: a URL goes to postgres()";
  const has = (name: string) => typeof (given as Readonly<Record<string, unknown>>)[name] === "function";
  if (given instanceof Promise) return "a promise: await it first";
  if (has("connect") && has("query"))
    return "a pool or a client of pg: guardPool of tidegate/adapters/pg is for a pool";
  if (typeof given !== "function") return `a ${typeof given}`;
  if (has("savepoint")) return "the sql of a transaction: guard the one that it was begun with";
  if (has("release")) return "a reserved connection: guard the sql that it was taken from";
  if ("toCamel" in given && !has("unsafe")) return "postgres itself: call it with the URL first";
  return has("unsafe") && has("begin") && has("reserve") ? null : "a function";
}
