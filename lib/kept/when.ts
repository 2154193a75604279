/** Of which failures a kept answer stands in for a new one. */
import type { ErrorCode } from "../contract/codes.ts";
import { UNWELL_CODES } from "../contract/unwell.ts";
import type { Degraded } from "./asking.ts";

/** By the contract's codes, or by what is told of each. */
export type KeepWhen = readonly ErrorCode[] | ((code: ErrorCode, error: unknown) => boolean);

/** What says that a source is away or busy, and nothing about the question. */
const DEGRADED_CODES: readonly ErrorCode[] = [...UNWELL_CODES, "DB_QUERY_TIMEOUT"];

/** What an error is in the contract. */
export interface ErrorMeaning extends Degraded {
  readonly code: ErrorCode;
}

/** @throws TypeError for what is neither a list nor a function. */
export function degradedWhen(
  meaningOf: (error: unknown) => ErrorMeaning,
  when: KeepWhen = DEGRADED_CODES,
): (error: unknown) => Degraded | null {
  if (typeof when !== "function" && !Array.isArray(when)) {
    throw new TypeError(
      `keep: when must be a list of codes such as ["CIRCUIT_BREAKER_OPEN"], or a function of a code; was ${typeof when}`,
    );
  }
  const isMeant = typeof when === "function" ? when : (code: ErrorCode) => when.includes(code);
  return (error) => {
    const meaning = meaningOf(error);
    return isMeant(meaning.code, error) ? meaning : null;
  };
}
