/** What is no pool, said in a sentence that tells what to write instead. */
import { codeOf, messageOf } from "../../database/failure.ts";
import type { RawPool } from "./driver.ts";

const NEEDED = "guardPool: a pool of pg is needed, as in guardPool(tide, new Pool({ connectionString }))";

/** @throws TypeError */
export function assertPool(given: unknown): asserts given is RawPool {
  const found = misuseOf(given);
  if (found !== null) throw new TypeError(`${NEEDED}; it was ${found}`);
}

function misuseOf(given: unknown): string | null {
  if (given === null || given === undefined) return `${given}`;
  if (typeof given === "string") return "a text: a URL goes to the pool, as its connectionString";
  const has = (name: string) => typeof (given as Readonly<Record<string, unknown>>)[name] === "function";
  if (has("unsafe") && has("begin")) return "postgres.js: guardSql of tidegate/adapters/postgres-js is for that";
  if (given instanceof Promise) return "a promise: await it first";
  if (!has("connect") || !has("query") || !has("end")) {
    if (typeof given === "function") return "a function or a class: make one with new Pool({ … })";
    return "connectionString" in Object(given) || "host" in Object(given) ? "the options of one" : `a ${typeof given}`;
  }
  const pool = given as RawPool;
  if (typeof pool.totalCount !== "number") return "a single client, which has no others beside it: make a pool";
  return pool.ending === true ? "one that was ended: make a new one" : null;
}

/**
 * A pool reads its options when it makes the first client, in the midst of a request; and errors of URLs hold them whole.
 *
 * @throws TypeError without its secrets.
 */
export function assertUsable({ Client, options }: RawPool): void {
  if (typeof Client !== "function") return;
  try {
    new Client(options);
  } catch (error) {
    const why =
      codeOf(error) === "ERR_INVALID_URL"
        ? "its connectionString is no URL; percent-encode special characters in user and password"
        : messageOf(error);
    throw new TypeError(`guardPool: a pool that can make clients is needed, and it cannot: ${why}`);
  }
}
