/** The ledger as a store has kept it. */
import { flag, listOf, natural, object, oneOf, orNone, orNull, type Shape, text } from "../../shape.ts";
import type { KeptRefused, Login } from "./attempt.ts";
import { emptyLedger } from "./time.ts";
import type { Deployment, KeptKey, LedgerState, Progress, Restart } from "./types.ts";

const deployment: Shape<Deployment> = object({ id: text, url: orNull(text), status: orNull(text) });
const progress: Shape<Progress> = object({ deployment, state: oneOf(["running", "succeeded", "failed"]) });
const login: Shape<Login> = object({
  kind: oneOf(["token", "jwt", "access", "session"]),
  sub: orNull(text),
  displayName: orNull(text),
  isNameVerified: flag,
});

const restart: Shape<Restart> = object({
  id: text,
  source: oneOf(["auto", "manual"]),
  requestedBy: text,
  requestedIp: orNull(text),
  target: orNull(text),
  reason: text,
  overrideReason: orNull(text),
  policyState: oneOf(["allowed", "cooldown", "blocked"]),
  requestedAt: natural,
  phase: oneOf(["begun", "fired", "executed", "failed", "unknown", "abandoned"]),
  dueAt: natural,
  firedAt: natural,
  completedAt: natural,
  deployment: orNull(deployment),
  failure: orNull(text),
  progress: orNull(progress),
  followedAt: natural,
});

const key: Shape<KeptKey> = object({ key: text, fingerprint: text, restart: text, at: natural });

const refused: Shape<KeptRefused> = object({
  action: text,
  actor: text,
  login: orNull(login),
  ip: orNull(text),
  because: text,
  count: natural,
  firstAt: natural,
  lastAt: natural,
  tellAt: natural,
});

const numbers: Shape<Pick<LedgerState, "life" | "clock" | "epoch" | "raises" | "blockedUntil" | "raisedBy">> = object({
  life: natural,
  clock: natural,
  epoch: natural,
  raises: natural,
  blockedUntil: natural,
  raisedBy: orNull(text),
});

/** Since the last release, so that one of before may lack them. */
const additions = object({
  damagedAt: orNone(natural),
  refused: orNone(listOf(refused)),
  ended: orNone(object({ executed: natural, failed: natural })),
});

/** Beyond the clock nothing is due, and nothing blocks: no setting is as long. */
const LONGEST_DUE_MS = 86_400_000;
const LONGEST_BLOCK_MS = 366 * 86_400_000;

/** What has happened has happened before now. */
const isPast =
  (clock: number) =>
  ({ requestedAt, firedAt, completedAt, followedAt, dueAt }: Restart): boolean =>
    Math.max(requestedAt, firedAt, completedAt, followedAt, dueAt - LONGEST_DUE_MS) <= clock;

/**
 * What can be read of it. What cannot is left out, and the ledger then knows that it does not know all: it blocks for a
 * window, as one that has lost its history does, and an override passes.
 */
export function savedLedger(found: unknown): LedgerState {
  const whole = (typeof found === "object" && found !== null ? found : {}) as Partial<LedgerState>;
  const keys = all(key, whole.keys);
  const counted = all(refused, whole.refused ?? []);
  // Of a clock that is none all moments are in doubt: as if nothing had been kept.
  if (!numbers(found) || found.blockedUntil > found.clock + LONGEST_BLOCK_MS) {
    return { ...emptyLedger(), damagedAt: -1 };
  }
  const history = all(restart, whole.history, isPast(found.clock));
  const isWhole = additions(found) && [history, keys, counted].every(({ damaged }) => !damaged);
  return {
    ...found,
    history: history.sound,
    keys: keys.sound,
    refused: counted.sound,
    ended: isWhole && whole.ended ? whole.ended : emptyLedger().ended,
    damagedAt: isWhole ? (whole.damagedAt ?? 0) : -1,
  };
}

function all<Value>(
  shape: Shape<Value>,
  found: unknown,
  holds: (one: Value) => boolean = () => true,
): { readonly sound: Value[]; readonly damaged: boolean } {
  if (!Array.isArray(found)) return { sound: [], damaged: true };
  const sound = found.filter(shape).filter(holds);
  return { sound, damaged: sound.length < found.length };
}
