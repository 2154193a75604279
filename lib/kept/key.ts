/** What an answer is found by: short enough for every place, and still told apart from all others. */
import type { Forget } from "./forgetting.ts";

/** Cloudflare KV takes 512 bytes, with what stands before it. */
const LONGEST = 300;
/** Of a longer one; enough to be forgotten by. */
const HEAD = 200;
/** Stands before the digest. */
const MARK = "#";

/** Other characters may be several bytes, or mean something to somebody. */
const PLAIN = /^[\x20-\x7e]*$/;

/**
 * A key as it is, or the beginning of a long one with its SHA-256.
 *
 * @example
 * ```ts
 * await boundKey("/reports?line=7"); // "/reports?line=7"
 * ```
 */
export function boundKey(key: string): string | Promise<string> {
  // One that looks like a shortened one is shortened too, so that nobody can name that of another.
  return key.length <= LONGEST && PLAIN.test(key) && key[HEAD] !== MARK ? key : shortened(key);
}

/** The same of what is to be forgotten: of a long beginning, or one with other characters, what keys have of it. */
export async function boundForget(forget: Forget): Promise<Forget> {
  if ("key" in forget && typeof forget.key === "string") return { ...forget, key: await boundKey(forget.key) };
  if ("prefix" in forget && typeof forget.prefix === "string") return { ...forget, prefix: headOf(forget.prefix) };
  return forget;
}

const headOf = (key: string): string => key.slice(0, HEAD).replace(/[^\x20-\x7e]/g, "?");

async function shortened(key: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
  const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${headOf(key)}${MARK}${hex}`;
}
