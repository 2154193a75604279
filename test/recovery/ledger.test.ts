import { describe, expect, test } from "vitest";
import { FIRE_WITHIN_MS, HISTORY_KEPT, KEYS_KEPT } from "../../lib/recovery/ledger/types.ts";
import { LEDGER_RULES, TestLedger } from "../support/ledger.ts";

const FIRE = { kind: "fire", completeWithinMs: 30_000 } as const;
const OVERRIDE = { override: { reason: "the pool is wedged" } };

describe("the policy of restarts", () => {
  test("allows the first, then cools down from its end, whether it succeeded or not", () => {
    for (const success of [true, false]) {
      const ledger = new TestLedger();
      ledger.restart({}, success);
      ledger.passes(20_000);
      expect(ledger.begin()).toMatchObject({ kind: "refused", because: "cooldown", retryAfterMs: 40_000 });
      expect(ledger.beginAuto()).toMatchObject({ kind: "refused", because: "cooldown" });
      ledger.passes(40_000);
      expect(ledger.begin()).toMatchObject({ kind: "begun", overridden: false });
    }
  });

  test("blocks once the budget of the window is spent, cooling down or not, until the window has passed", () => {
    const ledger = new TestLedger();
    for (let n = 0; n < 3; n++) {
      ledger.restart();
      ledger.passes(61_000);
    }
    expect(ledger.begin()).toMatchObject({ kind: "refused", because: "blocked", policy: { blockedBy: "budget" } });
    ledger.passes(600_000 - 3 * 61_000);
    expect(ledger.view().policy).toMatchObject({ state: "allowed", attemptsInWindow: 2 });
  });

  test("says blocked where both hold, with what is left of the cooldown", () => {
    const ledger = new TestLedger({ ...LEDGER_RULES, retryBudget: 1 });
    ledger.restart();
    expect(ledger.view().policy).toMatchObject({ state: "blocked", blockedBy: "budget", cooldownRemainingMs: 60_000 });
  });

  test("knows churn beside the budget", () => {
    const ledger = new TestLedger({ ...LEDGER_RULES, retryBudget: 50, churnThreshold: 1 });
    ledger.restart();
    expect(ledger.view().policy).toMatchObject({ state: "blocked", blockedBy: "churn" });
  });

  test("only shows both where the guarded mode is off", () => {
    const ledger = new TestLedger({ ...LEDGER_RULES, retryBudget: 0, cooldownMs: 0, guarded: false });
    ledger.restart();
    ledger.restart();
    expect(ledger.view().policy).toMatchObject({ state: "allowed", attemptsInWindow: 2 });
  });

  test("lets an operator who says why pass a cooldown and a block, and nothing else", () => {
    const ledger = new TestLedger({ ...LEDGER_RULES, retryBudget: 2 });
    expect(ledger.begin({ id: "first", ...OVERRIDE })).toMatchObject({
      overridden: false,
      restart: { overrideReason: null },
    });
    expect(ledger.begin(OVERRIDE)).toMatchObject({ kind: "refused", because: "in_progress" });
    ledger.send({ ...FIRE, id: "first" });
    ledger.send({ kind: "complete", id: "first", deployment: null, failure: null });
    const reason = OVERRIDE.override.reason;
    for (const policyState of ["cooldown", "blocked"]) {
      expect(ledger.begin({ id: policyState, ...OVERRIDE })).toMatchObject({
        overridden: true,
        restart: { policyState, overrideReason: reason },
      });
      ledger.send({ ...FIRE, id: policyState });
      ledger.send({ kind: "complete", id: policyState, deployment: null, failure: null });
    }
  });

  test("is not moved by a clock that falls back", () => {
    const ledger = new TestLedger();
    ledger.restart();
    ledger.passes(20_000);
    ledger.view();
    ledger.passes(-3_600_000);
    expect(ledger.view().policy).toMatchObject({ state: "cooldown", cooldownRemainingMs: 40_000 });
    ledger.passes(40_000);
    expect(ledger.view().policy.state).toBe("allowed");
  });
});

describe("a watchdog's evidence", () => {
  test("is needed, and has to have held for long enough since it began", () => {
    const ledger = new TestLedger();
    expect(ledger.beginAuto({ evidence: null })).toMatchObject({ because: "stale_evidence" });
    const evidence = { since: ledger.now, forMs: 57_000 };
    ledger.passes(56_999);
    expect(ledger.beginAuto({ evidence })).toMatchObject({ because: "stale_evidence" });
    ledger.passes(1);
    expect(ledger.beginAuto({ evidence })).toMatchObject({ kind: "begun" });
  });

  test("says nothing of the time before the last restart and the longest permit after it", () => {
    const ledger = new TestLedger();
    const evidence = { since: ledger.now, forMs: 57_000 };
    ledger.passes(57_000);
    ledger.restart();
    ledger.passes(67_000 + 56_999);
    expect(ledger.beginAuto({ evidence })).toMatchObject({ because: "stale_evidence" });
    ledger.passes(1);
    expect(ledger.beginAuto({ evidence })).toMatchObject({ kind: "begun" });
  });
});

describe("a restart", () => {
  test("is fired once", () => {
    const ledger = new TestLedger();
    ledger.begin({ id: "a" });
    expect(ledger.send({ ...FIRE, id: "a" }).result).toEqual({ kind: "done" });
    expect(ledger.send({ ...FIRE, id: "a" }).result).toEqual({ kind: "void" });
    expect(ledger.send({ kind: "abandon", id: "a" }).result).toEqual({ kind: "void" });
  });

  test("keeps others away while it is under way, and says for how long at most", () => {
    const ledger = new TestLedger();
    ledger.begin();
    ledger.passes(5_000);
    expect(ledger.begin()).toMatchObject({ because: "in_progress", retryAfterMs: FIRE_WITHIN_MS - 5_000 });
    expect(ledger.view().inProgress).toBe("r1");
  });

  test("that nobody fires is abandoned, never fired, and counts for nothing", () => {
    const ledger = new TestLedger();
    ledger.begin({ id: "a" });
    ledger.passes(FIRE_WITHIN_MS);
    expect(ledger.send({ ...FIRE, id: "a" }).result).toEqual({ kind: "void" });
    expect(ledger.view()).toMatchObject({
      history: [{ id: "a", phase: "abandoned" }],
      policy: { state: "allowed", attemptsInWindow: 0 },
    });
  });

  test("that nobody completes is unknown, and counts; what is heard of it later is believed", () => {
    const ledger = new TestLedger();
    ledger.begin({ id: "a" });
    ledger.send({ ...FIRE, id: "a" });
    ledger.passes(30_000);
    expect(ledger.view()).toMatchObject({
      history: [{ phase: "unknown" }],
      policy: { state: "cooldown", cooldownRemainingMs: 60_000, attemptsInWindow: 1 },
    });
    expect(ledger.send({ ...FIRE, id: "a" }).result).toEqual({ kind: "void" });
    ledger.passes(1_000);
    const deployment = { id: "d1", url: null, status: "READY" };
    ledger.send({ kind: "complete", id: "a", deployment, failure: null });
    expect(ledger.view().history).toMatchObject([{ phase: "executed", deployment }]);
  });

  test("raises the epoch once, however often it is asked to", () => {
    const ledger = new TestLedger();
    const before = ledger.view();
    ledger.begin({ id: "a" });
    expect(ledger.send({ kind: "raise", id: "a" }).result).toEqual({ kind: "void" });
    ledger.send({ ...FIRE, id: "a" });
    for (let n = 0; n < 3; n++) ledger.send({ kind: "raise", id: "a" });
    expect(ledger.view()).toMatchObject({ epoch: before.epoch + 1, raised: true });
  });

  test("is repeated, not begun again, where the same request comes again", () => {
    const ledger = new TestLedger();
    const idempotency = { key: "k", fingerprint: "f" };
    ledger.begin({ id: "a", idempotency });
    expect(ledger.begin({ idempotency })).toMatchObject({ kind: "repeated", restart: { id: "a" } });
    expect(ledger.begin({ idempotency: { key: "k", fingerprint: "g" } })).toEqual({ kind: "key_reused" });
    expect(ledger.begin({ id: "a" })).toMatchObject({ kind: "repeated" });
  });

  test("frees its key where it did not happen, and after a day", () => {
    const ledger = new TestLedger();
    const idempotency = { key: "k", fingerprint: "f" };
    ledger.begin({ id: "a", idempotency });
    ledger.send({ kind: "abandon", id: "a" });
    ledger.restart({ id: "b", idempotency });
    ledger.passes(86_399_999);
    expect(ledger.begin({ idempotency })).toMatchObject({ kind: "repeated", restart: { id: "b" } });
    ledger.passes(1);
    expect(ledger.begin({ idempotency })).toMatchObject({ kind: "begun" });
  });
});

describe("the ledger", () => {
  test("remembers the newest restarts, and forgets first what never happened", () => {
    const ledger = new TestLedger({ ...LEDGER_RULES, cooldownMs: 0, guarded: false });
    ledger.restart({ id: "first" });
    ledger.begin({ id: "gone" });
    ledger.send({ kind: "abandon", id: "gone" });
    for (let n = 2; n < HISTORY_KEPT + 1; n++) ledger.restart();
    const ids = ledger.view().history.map(({ id }) => id);
    expect(ids).toHaveLength(HISTORY_KEPT);
    expect([ids[0], ids.includes("gone")]).toEqual(["first", false]);
    ledger.restart({ id: "last" });
    expect(ledger.view().history.at(-1)?.id).toBe("last");
    expect(ledger.view().history[0]?.id).not.toBe("first");
  });

  test("remembers so many keys and no more", () => {
    const ledger = new TestLedger({ ...LEDGER_RULES, cooldownMs: 0, guarded: false });
    for (let n = 0; n <= KEYS_KEPT; n++) ledger.restart({ idempotency: { key: `k${n}`, fingerprint: "f" } });
    expect(ledger.state.keys).toHaveLength(KEYS_KEPT);
    expect(ledger.begin({ idempotency: { key: "k0", fingerprint: "g" } })).toMatchObject({ kind: "begun" });
  });

  test("that lost its history does nothing for one window, and its numbers still grow", () => {
    const before = new TestLedger();
    before.restart();
    const { life, epoch } = before.view();
    const reborn = new TestLedger();
    reborn.now = before.now - 5_000;
    reborn.heard = { life, epoch: epoch + 7 };
    expect(reborn.beginAuto()).toMatchObject({ because: "blocked", policy: { blockedBy: "reborn" } });
    expect(reborn.view()).toMatchObject({ life: life + 1, epoch: epoch + 7, raised: false });
    expect(reborn.begin(OVERRIDE)).toMatchObject({ kind: "begun", overridden: true });
    reborn.passes(600_000);
    expect(reborn.beginAuto()).toMatchObject({ kind: "begun" });
  });

  test("that lost its history does so too where a newcomer is the first to ask it", () => {
    const { life, epoch } = new TestLedger().view();
    for (const other of [life - 1, life + 1]) {
      const ledger = new TestLedger();
      ledger.view();
      ledger.passes(5_000);
      ledger.heard = { life: other, epoch };
      expect(ledger.begin()).toMatchObject({ because: "blocked", policy: { blockedBy: "reborn" } });
      ledger.heard = { life, epoch };
      ledger.passes(595_000);
      expect(ledger.begin()).toMatchObject({ kind: "begun" });
    }
  });

  test("that nobody has heard of before allows what is asked", () => {
    expect(new TestLedger().beginAuto()).toMatchObject({ kind: "begun" });
  });
});
