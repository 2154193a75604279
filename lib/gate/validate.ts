/** A renewal is refused whole, before it changes anything, unless every part of it is what it must be. */
import type { Opening, Operate, Renewal } from "./renewal.ts";
import { RING_SECONDS, SESSIONS_KEPT } from "./state.ts";
import {
  BREAKER_MODES,
  type GateConfig,
  LANES,
  OPERATE_MODES,
  OUTCOMES,
  OVERRIDE_MODES,
  REFUSAL_REASONS,
  TALLIES,
} from "./types.ts";

const LARGEST = 1e14;
/** 300 years: moments that are sums of durations stay below the largest number. */
const LONGEST_MS = 1e13;
const DAY_MS = 86_400_000;
export const LONGEST_OVERRIDE_MS: number = DAY_MS;
const LONGEST_KEPT_MS = 90 * DAY_MS;
/** Open periods that stay as long as they are, and a hundred times as long each: in parts of 10,000. */
const SAME = 10_000;
const FASTEST_BACKOFF = 1_000_000;
const LONGEST_TEXT = 1_000;
const MOST_LISTED = 1_000;
/** Of anything that is counted: sums of many renewals stay below the largest number. */
const MOST = 1e9;
/** Of a round trip: who says more has not measured one. */
export const LONGEST_ROUND_TRIP_MS = 10_000;
const SESSION = /^[A-Za-z0-9_-]{1,64}$/;

/** What a gate throws at a renewal that is none. The sender has a bug, or is hostile; nothing has changed. */
export class InvalidRenewal extends Error {
  override readonly name = "InvalidRenewal";
}

/** @throws {@link InvalidRenewal} naming the part, what it must be and what it was. */
export function validate(renewal: Renewal, now: number): void {
  natural(now, "the store's clock", LARGEST - LONGEST_MS * 4);
  const { session, opens, open } = renewal;
  need(typeof session === "string" && SESSION.test(session), "session", "1 to 64 letters, digits, _ or -", session);
  positive(renewal.n, "n", LARGEST - 1);
  natural(renewal.agoMs, "agoMs", LONGEST_MS);
  if (renewal.life !== null) natural(renewal.life, "life");
  flag(renewal.leaves, "leaves");
  natural(renewal.jitter, "jitter", 999);
  natural(renewal.roundTripMs, "roundTripMs", LONGEST_ROUND_TRIP_MS);
  validateConfig(renewal.config);
  if (opens) validateOpening(opens);
  for (const lane of LANES) validateLane(renewal, lane);
  for (const tally of TALLIES) natural(renewal.tallies?.[tally] ?? 0, "tallies", MOST);
  for (const { generation, probe, calls, failures, slow, ignored, retryAfterMs } of list(renewal.votes, "votes")) {
    natural(generation, "votes.generation");
    flag(probe, "votes.probe");
    natural(calls, "votes.calls", MOST);
    for (const part of [failures, slow]) natural(part, "votes.failures and votes.slow", calls);
    natural(ignored, "votes.ignored", MOST);
    natural(retryAfterMs, "votes.retryAfterMs", LONGEST_MS);
  }
  for (const { ok } of list(renewal.pings, "pings")) flag(ok, "pings.ok");
  if (open) for (const part of [open.remainingMs, open.agoMs]) natural(part, "open", LONGEST_MS);
  for (const command of list(renewal.commands, "commands")) {
    if (command.kind === "operate") validateOperate(command);
    else if (command.kind !== "view") refuse("command", "operate or view", (command as { kind: unknown }).kind);
  }
}

/** @throws {@link InvalidRenewal} */
export function validateOperate(command: Operate): void {
  text(command.opId, "opId");
  text(command.actor, "actor");
  text(command.reason, "reason");
  natural(command.ttlMs, "ttlMs", LONGEST_OVERRIDE_MS);
  if (command.expectedVersion !== null) natural(command.expectedVersion, "expectedVersion");
  oneOf(command.mode, OPERATE_MODES, "mode");
}

function validateOpening({ generation, overrideVersion, override, about }: Opening): void {
  natural(generation, "opens.generation", LARGEST - 2);
  natural(overrideVersion, "opens.overrideVersion");
  if (override) {
    oneOf(override.mode, OVERRIDE_MODES, "mode");
    natural(override.remainingMs, "remainingMs", LONGEST_OVERRIDE_MS);
    text(override.actor, "actor");
    text(override.reason, "reason");
  }
  for (const part of [about.runtime, about.region, about.version]) text(part, "opens.about");
  natural(about.startedAt, "opens.about.startedAt");
}

function validateLane({ lanes, sums }: Renewal, lane: (typeof LANES)[number]): void {
  const { keep, probes, need: needed, want, waiting, waitedMs, owed } = lanes[lane];
  for (const part of [keep, probes, needed, want, owed]) natural(part, "lanes", MOST);
  natural(waiting, "lanes.waiting", needed);
  natural(waitedMs, "lanes.waitedMs", LONGEST_MS);
  const { ended, refused, ranMs, waitedMs: waited } = sums[lane];
  for (const outcome of OUTCOMES) natural(ended[outcome], "sums.ended", MOST);
  for (const reason of REFUSAL_REASONS) natural(refused[reason] ?? 0, "sums.refused", MOST);
  for (const part of [ranMs, waited]) natural(part, "sums", LONGEST_MS);
}

/** Sent with every renewal and nearly always right: names and texts are put together only where one is wrong. */
function validateConfig(config: GateConfig): void {
  oneOf(config.mode, BREAKER_MODES, "config.mode");
  flag(config.pushes, "config.pushes");
  for (const lane of LANES) {
    natural(config.capacity[lane], "config.capacity", MOST);
    natural(config.deadlineMs[lane], "config.deadlineMs", LONGEST_MS);
  }
  positive(config.windowSeconds, "config.windowSeconds", RING_SECONDS);
  natural(config.failureRate, "config.failureRate", 10_000);
  natural(config.slowRate, "config.slowRate", 10_000);
  positive(config.windowCalls, "config.windowCalls", LONGEST_MS);
  positive(config.failureThreshold, "config.failureThreshold", LONGEST_MS);
  positive(config.recoveryMs, "config.recoveryMs", LONGEST_MS);
  within(config.backoffFactor, "config.backoffFactor", SAME, FASTEST_BACKOFF);
  positive(config.backoffMaxMs, "config.backoffMaxMs", DAY_MS);
  natural(config.backoffJitter, "config.backoffJitter", 10_000);
  positive(config.probes, "config.probes", LONGEST_MS);
  positive(config.successesToClose, "config.successesToClose", LONGEST_MS);
  natural(config.connectTimeoutMs, "config.connectTimeoutMs", LONGEST_MS);
  positive(config.expectedInstances, "config.expectedInstances", MOST);
  positive(config.renewalsPerSecond, "config.renewalsPerSecond", MOST);
  positive(config.sessionsKept, "config.sessionsKept", SESSIONS_KEPT);
  positive(config.keptMs, "config.keptMs", LONGEST_KEPT_MS);
}

function list<Part>(parts: readonly Part[], what: string): readonly Part[] {
  const found = Array.isArray(parts) ? parts.length : parts;
  need(Array.isArray(parts) && parts.length <= MOST_LISTED, what, `a list of at most ${MOST_LISTED}`, found);
  return parts;
}

function flag(value: boolean, what: string): void {
  need(typeof value === "boolean", what, "true or false", value);
}

function natural(value: number, what: string, most: number = LARGEST - 1): void {
  if (!Number.isInteger(value) || value < 0 || value > most) refuse(what, `an integer from 0 to ${most}`, value);
}

function positive(value: number, what: string, most: number): void {
  within(value, what, 1, most);
}

function within(value: number, what: string, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most)
    refuse(what, `an integer from ${least} to ${most}`, value);
}

function oneOf(value: string, allowed: readonly string[], what: string): void {
  if (!allowed.includes(value)) refuse(what, allowed.join(", "), value);
}

function text(value: string, what: string): void {
  const fits = typeof value === "string" && value.length <= LONGEST_TEXT;
  if (!fits) refuse(what, `a text of at most ${LONGEST_TEXT}`, typeof value);
}

function need(holds: boolean, what: string, needed: string, found: unknown): asserts holds {
  if (!holds) refuse(what, needed, found);
}

function refuse(what: string, needed: string, found: unknown): never {
  throw new InvalidRenewal(`renew at a gate: ${what} must be ${needed}, was ${String(found).slice(0, 100)}`);
}
