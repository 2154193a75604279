/** A batch is refused whole, before it changes anything, unless every part of it is what it must be. */
import type { Batch, Command } from "./commands.ts";
import { RING_SECONDS, SESSIONS_KEPT } from "./state.ts";
import { type GateConfig, LANES } from "./types.ts";

const LARGEST = 1e14;
/** 300 years: moments that are sums of durations stay below the largest number. */
const LONGEST_MS = 1e13;
const LONGEST_OVERRIDE_MS = 86_400_000;
const LONGEST_TEXT = 1_000;
const MOST_COMMANDS = 10_000;
const MOST_REFUSED_LOCALLY = 1e9;
/** Instance names: no dot, so that `instance.n` reads in one way only. */
const SESSION = /^[A-Za-z0-9_-]{1,64}$/;
const OUTCOMES = ["success", "failure", "ignored"];
const OVERRIDES = ["force_open", "force_closed", "observe"];
const MODES = [...OVERRIDES, "auto"];
const DOT = 46;

/** What a gate throws at a batch that is not one. The sender has a bug, or is hostile; nothing has changed. */
export class InvalidBatch extends Error {
  override readonly name = "InvalidBatch";
}

/** @throws {@link InvalidBatch} naming the part, what it must be and what it was. */
export function validate(batch: Batch, now: number): void {
  natural(now, "the store's clock", LARGEST - LONGEST_MS * 4);
  const { session } = batch;
  need(typeof session === "string" && SESSION.test(session), "session", "1 to 64 letters, digits, _ or -", session);
  natural(batch.doneBelow, "doneBelow");
  natural(batch.refusedLocally, "refusedLocally", MOST_REFUSED_LOCALLY);
  natural(batch.jitter, "jitter", 999);
  validateConfig(batch.config);
  if (batch.opens) {
    if (batch.opens.life !== null) natural(batch.opens.life, "opens.life");
    natural(batch.opens.generation, "opens.generation");
    natural(batch.opens.overrideVersion, "opens.overrideVersion");
    const { runtime, region, version, startedAt } = batch.opens.about;
    for (const part of [runtime, region, version]) text(part, "opens.about");
    natural(startedAt, "opens.about.startedAt");
  }
  for (const command of list(batch.commands, "commands")) validateCommand(command, session);
}

/** The number of an id of this session. @throws {@link InvalidBatch} for any other id. */
export function numberOf(id: string, session: string): number {
  const { length } = session;
  const isOurs = typeof id === "string" && id.startsWith(session) && id.charCodeAt(length) === DOT;
  const digits = isOurs ? id.slice(length + 1) : "";
  const n = Number(digits);
  // One number, one spelling: not 1e2, not 007.
  if (!Number.isInteger(n) || n < 0 || n >= LARGEST - 1 || digits !== String(n)) refuse("id", `${session}.n`, id);
  return n;
}

function validateCommand(command: Command, session: string): void {
  switch (command.kind) {
    case "admit":
      numberOf(command.id, session);
      oneOf(command.lane, LANES, "lane");
      natural(command.deadlineMs, "deadlineMs", LONGEST_MS);
      natural(command.waitMs, "waitMs", LONGEST_MS);
      return;
    case "settle":
      numberOf(command.id, session);
      oneOf(command.outcome, OUTCOMES, "outcome");
      flag(command.slow, "slow");
      return;
    case "cancel":
      numberOf(command.id, session);
      return;
    case "operate":
      text(command.opId, "opId");
      text(command.actor, "actor");
      text(command.reason, "reason");
      natural(command.ttlMs, "ttlMs", LONGEST_OVERRIDE_MS);
      if (command.expectedVersion !== null) natural(command.expectedVersion, "expectedVersion");
      oneOf(command.mode, MODES, "mode");
      return;
    case "adopt":
      for (const permit of list(command.permits, "permits")) {
        numberOf(permit.id, session);
        oneOf(permit.lane, LANES, "lane");
        natural(permit.remainingMs, "remainingMs", LONGEST_MS);
      }
      if (command.openMs !== null) natural(command.openMs, "openMs", LONGEST_MS);
      if (command.override) {
        oneOf(command.override.mode, OVERRIDES, "mode");
        natural(command.override.remainingMs, "remainingMs", LONGEST_OVERRIDE_MS);
        text(command.override.actor, "actor");
        text(command.override.reason, "reason");
      }
      return;
    case "view":
      return;
    default:
      refuse("command", "admit, settle, cancel, operate, view or adopt", (command as { kind: unknown }).kind);
  }
}

/** Sent with every batch and nearly always right: names and texts are put together only where one is wrong. */
function validateConfig(config: GateConfig): void {
  for (const lane of LANES) natural(config.capacity[lane], "config.capacity");
  flag(config.enabled, "config.enabled");
  flag(config.wakes, "config.wakes");
  natural(config.maxWaiting, "config.maxWaiting");
  positive(config.windowSeconds, "config.windowSeconds", RING_SECONDS);
  natural(config.failureRate, "config.failureRate", 10_000);
  natural(config.slowRate, "config.slowRate", 10_000);
  positive(config.windowCalls, "config.windowCalls", LONGEST_MS);
  positive(config.failureThreshold, "config.failureThreshold", LONGEST_MS);
  positive(config.recoveryMs, "config.recoveryMs", LONGEST_MS);
  positive(config.probes, "config.probes", LONGEST_MS);
  positive(config.successesToClose, "config.successesToClose", LONGEST_MS);
  natural(config.connectTimeoutMs, "config.connectTimeoutMs", LONGEST_MS);
  natural(config.fullRetryAfterMs, "config.fullRetryAfterMs", LONGEST_MS);
  natural(config.adoptingMs, "config.adoptingMs", LONGEST_MS);
  positive(config.sessionsKept, "config.sessionsKept", SESSIONS_KEPT);
}

function list<Part>(parts: readonly Part[], what: string): readonly Part[] {
  const found = Array.isArray(parts) ? parts.length : parts;
  need(Array.isArray(parts) && parts.length <= MOST_COMMANDS, what, `a list of at most ${MOST_COMMANDS}`, found);
  return parts;
}

function flag(value: boolean, what: string): void {
  need(typeof value === "boolean", what, "true or false", value);
}

function natural(value: number, what: string, most: number = LARGEST - 1): void {
  if (!Number.isInteger(value) || value < 0 || value > most) refuse(what, `an integer from 0 to ${most}`, value);
}

function positive(value: number, what: string, most: number): void {
  if (!Number.isInteger(value) || value < 1 || value > most) refuse(what, `an integer from 1 to ${most}`, value);
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
  throw new InvalidBatch(`gate batch: ${what} must be ${needed}, was ${String(found).slice(0, 100)}`);
}
