/** What admins try and are refused: on record, and no way to push older records out. */
import { expect, test } from "vitest";
import type { AuditRecord } from "../../lib/recovery/audit/record.ts";
import { REFUSED_KEPT, REFUSED_TOLD_EVERY_MS } from "../../lib/recovery/ledger/attempt.ts";
import { TestLedger } from "../support/ledger.ts";
import { operatedApp } from "../support/operated-app.ts";

const refusedIn = (records: readonly AuditRecord[]) => records.filter(({ outcome }) => outcome === "refused");

test("refused restarts are one record at once and one more for all that follow, with how many and from when to when", async () => {
  const app = operatedApp();
  expect((await app.restart()).status).toBe(202);
  for (let n = 0; n < 30; n++) expect((await app.restart({ reason: `${n}` })).status).toBe(429);
  const [first, ...more] = refusedIn(await app.audited());
  expect(first).toMatchObject({ actor: "tester", kind: "token", sub: null, decision: "cooldown", reason: "0" });
  expect(first).not.toHaveProperty("count");
  expect(more).toEqual([]);
  await app.runtime.advance(REFUSED_TOLD_EVERY_MS);
  expect((await app.get("/admin/api/worker/status")).status).toBe(200);
  expect(refusedIn(await app.audited()).slice(1)).toEqual([
    expect.objectContaining({ actor: "tester", kind: "token", decision: "cooldown", count: 29 }),
  ]);
  const [, sum] = refusedIn(await app.audited());
  expect(Date.parse(sum?.first_at ?? "")).toBeLessThan(Date.parse(sum?.last_at ?? ""));
});

test("an override of the breaker with an old version is refused before anything is written but that", async () => {
  const app = operatedApp();
  const word = { mode: "force_open", ttl_seconds: 60, reason: "maintenance", expected_version: 1 };
  for (let n = 0; n < 20; n++) expect((await app.post("/admin/api/breaker", word)).status).toBe(400);
  expect(await app.audited()).toMatchObject([
    { action: "breaker.override", decision: "stale_version", outcome: "refused", subject: "main", position: 1 },
  ]);
});

test("ten thousand refusals of one actor are a few records, and each actor and reason has its own", () => {
  const ledger = new TestLedger();
  ledger.restart();
  let told = 0;
  let counted = 0;
  for (let n = 0; n < 10_300; n++) {
    ledger.passes(1_000);
    if (n % 53 === 7) ledger.restart({ override: { reason: "again" } });
    const { result, refused } = ledger.reply();
    if (result.kind === "refused" && result.isNews) told++;
    for (const { count } of refused) {
      told++;
      counted += count;
    }
  }
  expect(told).toBeLessThan(60);
  expect(counted).toBeGreaterThan(9_000);
  const one = ledger.begin({ requestedBy: "bob" });
  expect(one).toMatchObject({ kind: "refused", isNews: true });
});

test("however many actors are refused, the ledger stays small and loses no count", () => {
  const ledger = new TestLedger();
  ledger.restart();
  let told = 0;
  const actors = 5 * REFUSED_KEPT;
  for (let n = 0; n < actors; n++) {
    for (let again = 0; again < 2; again++) {
      const attempt = { requestedBy: `actor ${n}` };
      const { result, refused } = ledger.reply(attempt);
      if (result.kind === "refused" && result.isNews) told++;
      for (const { count } of refused) told += count;
    }
  }
  expect(ledger.state.refused.length).toBeLessThanOrEqual(REFUSED_KEPT);
  ledger.passes(REFUSED_TOLD_EVERY_MS);
  for (const { count } of ledger.send({ kind: "look" }).refused) told += count;
  expect(told).toBe(2 * actors);
});
