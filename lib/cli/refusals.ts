/** What the contract's refusals mean to who asked from a terminal, and what to do next. */
import type { ErrorCode, ProblemReason } from "../contract/codes.ts";
import { CommandError, EXIT } from "./command.ts";

export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** What tells it apart from others of its code; null where there is nothing to tell. */
  readonly reason: ProblemReason | null;
  readonly retryAfterSeconds: number | null;
}

/** What to do next, by the code; undefined: as always. */
export type Remedies = Readonly<Partial<Record<ErrorCode, (refusal: Refusal) => string | undefined>>>;

const REMEDIES: Remedies = {
  UNAUTHORIZED: () => "Set TIDEGATE_TOKEN, or --token-file, to a token that the application has in ADMIN_TOKENS.",
  FORBIDDEN: () => "An admin's token is needed: one of ADMIN_TOKENS.",
  NOT_FOUND: () => "Check --url; an application that runs in production without ADMIN_TOKENS has no admin function.",
  TOO_MANY_REQUESTS: (refusal) =>
    `Too many logins from here failed: ask again in ${after(refusal)}, with a token that is known there.`,
  VALIDATION_ERROR: () => "Mend what is named, and ask again.",
  SERVICE_UNAVAILABLE: (refusal) =>
    `Ask again in ${after(refusal)}; tidegate doctor, in the application's environment, says what is missing.`,
  INTERNAL_ERROR: () => "Its log has the reason, by the request id.",
};

/** @param own What they mean to one command, before what they mean to all. */
export function refused(refusal: Refusal, own: Remedies = {}): CommandError {
  const { code, message } = refusal;
  // Another version may have a code of which nothing is known here.
  const known = code as ErrorCode;
  const remedy = own[known]?.(refusal) ?? REMEDIES[known]?.(refusal) ?? "The log of the application says more.";
  return new CommandError(EXIT.finding, `Refused (${code}): ${message}`, remedy, code);
}

export const after = ({ retryAfterSeconds }: Refusal): string =>
  retryAfterSeconds === null ? "a while" : `${retryAfterSeconds} s`;
