/**
 * Failed logins, counted by where they come from and by nothing else: who fails in somebody's name shuts out nobody but
 * those at his own address, and of them only the holders of tokens that could be guessed.
 */
import type { Context } from "hono";
import type { LimitRule } from "../../store/port.ts";
import type { AddressOf } from "../address/address.ts";
import { clientOf } from "../address/ip.ts";
import type { FleetLimiter } from "../limit/fleet.ts";
import { ProblemError } from "../problem.ts";

export const FAILURE_RULE: LimitRule = { name: "failed-logins", count: 10, windowMs: 60_000 };

export interface Failures {
  /** Counts one. @throws ProblemError `TOO_MANY_REQUESTS` where there have been too many. */
  count(c: Context): Promise<void>;
  /** @throws ProblemError `TOO_MANY_REQUESTS` where there have been too many. */
  check(c: Context): Promise<void>;
}

/** Those whose address nobody tells. */
const NO_ADDRESS = "unknown";

export function countFailures(limiter: FleetLimiter, addressOf: AddressOf): Failures {
  const asked = (what: "take" | "look") => async (c: Context) => {
    const ip = addressOf(c);
    const verdict = await limiter[what](ip ? clientOf(ip) : NO_ADDRESS);
    if (verdict === null || verdict.allowed) return;
    const message = "Too many logins from this address have failed.";
    throw new ProblemError("TOO_MANY_REQUESTS", message, { retryAfterMs: verdict.resetMs });
  };
  return { count: asked("take"), check: asked("look") };
}
