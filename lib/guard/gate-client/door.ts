/**
 * The door of a gate: a call gets in, or is refused from memory, or has to wait. Asks nobody elsewhere: it goes by what
 * is held of the shared gate, and where that is away and the lease is over, by the local one. Rules 6 and 15.
 */
import type { Lane, RefusalReason } from "../../gate/types.ts";
import type { GuardRules } from "../rules.ts";
import { type Begun, type Ending, type Holdings, hasLease, mayStart, refusedHere, started } from "./holdings.ts";
import type { LocalGate } from "./local-gate.ts";
import { elapsedMs, type Moment } from "./moment.ts";
import type { Ask, Entry, Pass } from "./port.ts";

/** What was heard of probes is true for so long: they are short. */
const PROBES_NEWS_MS = 100;

export interface DoorOptions {
  readonly own: Holdings;
  readonly local: LocalGate;
  readonly rules: GuardRules;
  readonly attached: () => boolean;
  readonly waiting: () => Readonly<Record<Lane, number>>;
  /** A call has begun on what is held of the shared gate. */
  readonly begun: () => void;
  readonly ended: (holdings: Holdings, call: Begun, how: Ending) => void;
  /** The breaker was against a call; `isOld`: by news that are due to be renewed. */
  readonly refused: (isOld: boolean) => void;
}

export interface Door {
  /** Null: it has to wait. */
  readonly enter: (ask: Ask, now: Moment, waitedMs: number) => Entry | null;
  /** The breaker's refusal of a call of that lane; null where that is not against it. */
  readonly against: (lane: Lane, now: Moment) => Entry | null;
  readonly refuse: (lane: Lane, reason: RefusalReason, retryAfterMs?: number) => Entry;
}

export function createDoor(options: DoorOptions): Door {
  const { own, local, rules, attached, waiting, begun, ended, refused } = options;

  function isLocal(now: Moment): boolean {
    if (attached() || hasLease(own, now)) return false;
    local.standIn();
    return true;
  }

  function refuse(lane: Lane, reason: RefusalReason, retryAfterMs: number = rules.fullRetryAfterMs): Entry {
    refusedHere(own, lane, reason);
    return { kind: "refusal", reason, retryAfterMs };
  }

  function breakerOf(holdings: Holdings, lane: Lane, now: Moment): Entry | null {
    const { heard } = holdings;
    if (lane === "health" || !heard?.breaker.refusal) return null;
    const { refusal: reason, retryAfterMs } = heard.breaker;
    const agoMs = elapsedMs(heard.at, now);
    const isProbing = reason === "probing";
    const leftMs = isProbing ? retryAfterMs : Math.ceil(retryAfterMs - agoMs);
    if (leftMs <= 0 || (isProbing && !hasNoProbe(holdings, lane, now))) return null;
    refused(holdings === own && agoMs >= heard.renewWithinMs);
    return refuse(lane, reason, leftMs);
  }

  function hasNoProbe({ lanes }: Holdings, lane: Lane, now: Moment): boolean {
    const { noProbeAt } = lanes[lane];
    return noProbeAt !== null && elapsedMs(noProbeAt, now) <= PROBES_NEWS_MS;
  }

  function pass(holdings: Holdings, { lane, deadlineMs }: Ask, now: Moment, waitedMs: number): Pass | null {
    const as = mayStart(holdings, lane, now);
    const { heard, leasedAt } = holdings;
    if (!as || !heard || !leasedAt) return null;
    const number = started(holdings, lane, as, waitedMs, now);
    if (holdings === own) begun();
    else own.lanes[lane].sums.waitedMs += waitedMs;
    const probe = as === "probe";
    const { generation, breaker, leaseMs } = heard;
    const leftMs = leaseMs - elapsedMs(leasedAt, now) + rules.connectTimeoutMs;
    return {
      kind: "pass",
      lane,
      deadlineMs: probe ? Math.min(deadlineMs, breaker.probeMs) : deadlineMs,
      startBy: now.monotonicMs + leftMs,
      startByWallMs: now.wallMs + leftMs,
      waitedMs,
      end: (ending) => ended(holdings, { lane, probe, generation, number }, ending),
    };
  }

  function enterLocally(ask: Ask, now: Moment, waitedMs: number): Entry | null {
    const { lane } = ask;
    // What is known of the shared breaker holds for as long as it was to last; of its probes nothing is known.
    const remembered = own.heard?.breaker.refusal === "probing" ? null : breakerOf(own, lane, now);
    if (remembered) return remembered;
    if (local.share(lane) <= 0) return refuse(lane, "detached");
    const sizes = waiting();
    local.renew({ ...sizes, [lane]: sizes[lane] + 1 });
    return pass(local.own(), ask, now, waitedMs) ?? breakerOf(local.own(), lane, now);
  }

  return {
    enter: (ask, now, waitedMs) =>
      isLocal(now)
        ? enterLocally(ask, now, waitedMs)
        : (pass(own, ask, now, waitedMs) ?? breakerOf(own, ask.lane, now)),
    against: (lane, now) => breakerOf(isLocal(now) ? local.own() : own, lane, now),
    refuse,
  };
}
