/** Instances as a gate sees them: each sends renewals in turn, as instances do that are busy or that wait for room. */
import type { Renewal, RenewalReply } from "../../lib/gate/renewal.ts";
import type { GateConfig } from "../../lib/gate/types.ts";
import { firstOpening, NOTHING, RULES, renewalOf } from "../support/gate.ts";

/** Room for everybody; twice as many calls as permits, which go round; permits of the health lane alone. */
export type Mood = "busy" | "crowded" | "quiet";

export interface Renewing {
  readonly config: GateConfig;
  /** Of the instance whose turn it is. */
  readonly next: () => Renewal;
  /** What that was answered. */
  readonly hear: (renewal: Renewal, reply: RenewalReply) => void;
}

interface Member {
  readonly session: string;
  n: number;
  opened: boolean;
  generation: number;
  permits: number;
  allow: number;
}

const CALLS_A_RENEWAL = 10;

export function renewing(count: number, mood: Mood): Renewing {
  const most = mood === "crowded" ? Math.ceil(count / 2) : 4 * count;
  const config: GateConfig = {
    ...RULES,
    capacity: { request: most, slow: 1, health: 1 },
    // No longer than a lease at most: who has gone is forgotten while a bench lasts.
    deadlineMs: { request: 1_000, slow: 1_000, health: 1_000 },
    expectedInstances: count,
  };
  const members = Array.from({ length: count }, (_, n): Member => {
    return { session: `bench-${n}`, n: 0, opened: false, generation: 0, permits: 0, allow: 0 };
  });
  const bySession = new Map(members.map((member) => [member.session, member]));
  let turn = 0;

  return {
    config,
    next: () => {
      const member = members[turn++ % count] as Member;
      const { session, generation, opened } = member;
      const need = { busy: 2, crowded: 1, quiet: 0 }[mood];
      const keep = Math.min(member.permits, member.allow, need);
      const waiting = need - keep;
      const calls = keep > 0 ? CALLS_A_RENEWAL : 0;
      const renewal = renewalOf(session, { n: ++member.n, ...(opened ? { opens: null } : firstOpening()), config });
      const ended = { success: calls, failure: 0, ignored: 0 };
      const sums = { ...renewal.sums.request, ended, ranMs: 50 * calls };
      return {
        ...renewal,
        lanes: { ...renewal.lanes, request: { ...NOTHING, keep, need, want: need, waiting, waitedMs: waiting } },
        votes:
          calls > 0 ? [{ generation, probe: false, calls, failures: 0, slow: 0, ignored: 0, retryAfterMs: 0 }] : [],
        sums: { ...renewal.sums, request: sums },
      };
    },
    hear: ({ session }, reply) => {
      const member = bySession.get(session);
      if (!member) return;
      member.opened = reply.known;
      if (!reply.known) return;
      member.generation = reply.generation;
      member.permits = reply.lanes.request.permits;
      member.allow = reply.lanes.request.allow;
    },
  };
}

/** How much later each renewal comes than the one before it, where so many instances renew as often as they are to. */
export const apartMs = (count: number, { renewalsPerSecond }: GateConfig): number =>
  Math.max(250 / count, 1_000 / renewalsPerSecond);
