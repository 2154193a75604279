/** The real machine as the store of the protocol: whatever it grants must be one of the choices that the models allow. */
import { expect } from "vitest";
import { CANCEL_GRACE_MS } from "../../../lib/gate/lanes.ts";
import type { Renewal } from "../../../lib/gate/renewal.ts";
import { emptyGate } from "../../../lib/gate/state.ts";
import { step } from "../../../lib/gate/step.ts";
import type { GateConfig } from "../../../lib/gate/types.ts";
import { firstOpening, NOTHING, RULES, renewalOf, START } from "../../support/gate.ts";

const CAPACITY = 3;
const PROBES = 2;
const CONFIG: GateConfig = {
  ...RULES,
  capacity: { request: CAPACITY, slow: 1, health: 1 },
  deadlineMs: { request: 1_000, slow: 1_000, health: 1_000 },
  connectTimeoutMs: 500,
  probes: PROBES,
  recoveryMs: 1_000,
  windowSeconds: 300,
  failureThreshold: 3,
  windowCalls: 3,
};
export const SESSIONS = ["a", "b", "c"] as const;

export interface Action {
  readonly session: (typeof SESSIONS)[number];
  readonly waitMs: number;
  /** A renewal that was sent before; by how many it is older than the last. */
  readonly late: number | null;
  readonly opens: "not" | "in any life" | "in this life" | "in another life";
  readonly keep: number;
  readonly probes: number;
  readonly need: number;
  readonly owed: number;
  readonly leaves: boolean;
  readonly fails: number;
  /** Behind the present generation. */
  readonly generationsAgo: number;
}

interface Known {
  readonly n: number;
  readonly permits: number;
  readonly probes: number;
  readonly owed: number;
}

export class Machine {
  readonly #gate = emptyGate();
  readonly #sent = new Map<string, Renewal[]>();
  readonly #leastUntil = new Map<string, number>();
  #now = START;
  readonly seen = new Set<string>();

  act(action: Action): void {
    this.#now += action.waitMs;
    // Whatever is due by now happens first, so that only the renewal is between before and after.
    this.#checkExpiry(() => step(this.#gate, renewalOf("stranger", { config: CONFIG }), this.#now));
    const renewal = this.#renewal(action);
    const before = this.#known();
    const votes = this.#counted();
    const generation = this.#gate.core?.generation ?? 0;
    const { reply } = step(this.#gate, renewal, this.#now);
    const after = this.#known();
    expect(reply.n).toBe(renewal.n);
    for (const other of SESSIONS) {
      if (other !== renewal.session) expect(after.get(other), "what another holds").toEqual(before.get(other));
    }
    const was = before.get(renewal.session);
    const { life, opens } = renewal;
    const isOfThisLife = life === null || life === this.#gate.core?.life;
    const news = isOfThisLife && (was ? renewal.n > was.n : opens !== null);
    if (!news) {
      this.seen.add(was ? "repeated or late" : "unknown");
      expect(reply.known).toBe(isOfThisLife && was !== undefined);
      expect([after, this.#counted()], "the state after a renewal that is none").toEqual([before, votes]);
      return;
    }
    const { calls = 0 } = renewal.votes[0] ?? {};
    const mayVote = renewal.votes[0]?.generation === generation;
    expect([votes, mayVote ? votes + calls : votes], "votes counted").toContain(this.#counted());
    if (this.#counted() > votes) this.seen.add("votes");
    this.#checkGrant(renewal, was ?? { n: 0, permits: 0, probes: 0, owed: 0 }, after);
    if (reply.known) expect(reply.lanes.request.allow).toBeLessThanOrEqual(reply.lanes.request.permits);
  }

  #checkGrant(renewal: Renewal, was: Known, after: ReadonlyMap<string, Known>): void {
    const { keep, probes, owed } = renewal.lanes.request;
    const brings = renewal.opens !== null && renewal.life !== null;
    const kept = (brings ? keep : Math.min(keep, was.permits)) + (brings ? probes : Math.min(probes, was.probes));
    const now = after.get(renewal.session);
    if (!now) {
      this.seen.add("left");
      expect([renewal.leaves, kept + owed], "who is forgotten leaves and holds nothing").toEqual([true, 0]);
      return;
    }
    const granted = now.permits + now.probes - kept;
    const all = [...after.values()];
    const sum = (of: (one: Known) => number) => all.reduce((total, one) => total + of(one), 0);
    expect(now.owed).toBe(owed);
    expect(granted, "what it keeps is not taken back").toBeGreaterThanOrEqual(0);
    if (granted > 0) expect(sum((one) => one.permits + one.probes + one.owed)).toBeLessThanOrEqual(CAPACITY);
    if (now.probes > was.probes && !brings) expect(sum((one) => one.probes)).toBeLessThanOrEqual(PROBES);
    if (this.#gate.core?.state === "open") expect(granted, "granted while open").toBe(0);
    if (granted > 0) this.seen.add(now.probes > 0 ? "a probe" : "a grant");
    if (brings && sum((one) => one.permits) > CAPACITY) this.seen.add("adopted above the capacity");
    const longestMs =
      (this.#gate.sessions.get(renewal.session)?.leaseMs ?? 0) + CONFIG.connectTimeoutMs + CANCEL_GRACE_MS;
    this.#leastUntil.set(renewal.session, this.#now + longestMs + CONFIG.deadlineMs.request);
  }

  /** Nothing is free before its lease and the calls that began in it are over; then all of it is. Rule 4. */
  #checkExpiry(pass: () => void): void {
    const before = this.#known();
    pass();
    const after = this.#known();
    for (const [session, { permits, probes, owed }] of before) {
      const now = after.get(session);
      const isDue = this.#now >= (this.#leastUntil.get(session) ?? 0);
      const left = (now?.permits ?? 0) + (now?.probes ?? 0) + (now?.owed ?? 0);
      expect(left, "what is held after time has passed").toBe(isDue ? 0 : permits + probes + owed);
      if (isDue && permits + probes > 0) this.seen.add("expired");
    }
  }

  #renewal({ session, late, opens, ...said }: Action): Renewal {
    const sent = this.#sent.get(session) ?? [];
    this.#sent.set(session, sent);
    const again = late === null ? undefined : sent.at(-1 - late);
    if (again) return again;
    const { life = 0, generation = 0 } = this.#gate.core ?? {};
    const named = { not: null, "in any life": null, "in this life": life, "in another life": life - 1 }[opens];
    const { keep, probes, need, owed, leaves, fails: failures } = said;
    const vote = { probe: false, calls: failures, failures, slow: 0, ignored: 0, retryAfterMs: 0 };
    const votes = failures > 0 ? [{ ...vote, generation: Math.max(0, generation - said.generationsAgo) }] : [];
    const request = { ...NOTHING, keep, probes, need, want: need, waiting: Math.max(0, need - keep - probes), owed };
    const lanes = { request, slow: NOTHING, health: NOTHING };
    const renewal = renewalOf(session, {
      n: (sent.at(-1)?.n ?? 0) + 1,
      ...(opens === "not" ? { life } : firstOpening(named)),
      config: CONFIG,
      lanes,
      leaves,
      votes,
    });
    sent.push(renewal);
    return renewal;
  }

  #known(): ReadonlyMap<string, Known> {
    return new Map(
      [...this.#gate.sessions].map(([session, { n, lanes }]) => {
        const { permits, probes, owed } = lanes.request;
        return [session, { n, permits, probes, owed }];
      }),
    );
  }

  #counted(): number {
    return [...this.#gate.seconds.values()].reduce((sum, { calls }) => sum + calls, 0);
  }
}
