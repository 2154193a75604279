/** A ledger on a clock of its own, for tests of its rules. */
import { stepLedger } from "../../lib/recovery/ledger/step.ts";
import { emptyLedger } from "../../lib/recovery/ledger/time.ts";
import type {
  Begin,
  LedgerCommand,
  LedgerReply,
  LedgerResult,
  LedgerRules,
  LedgerView,
  Numbers,
} from "../../lib/recovery/ledger/types.ts";

export const LEDGER_START = 1_800_000_000_000;
export const LEDGER_RULES: LedgerRules = {
  cooldownMs: 60_000,
  retryBudget: 3,
  windowMs: 600_000,
  churnThreshold: 3,
  guarded: true,
  longestPermitMs: 67_000,
};

export class TestLedger {
  now = LEDGER_START;
  state = emptyLedger();
  heard: Numbers = { life: 0, epoch: 0 };
  readonly rules: LedgerRules;
  #count = 0;

  constructor(rules: LedgerRules = LEDGER_RULES) {
    this.rules = rules;
  }

  passes(ms: number): void {
    this.now += ms;
  }

  send(command: LedgerCommand): LedgerReply {
    return stepLedger(this.state, { rules: this.rules, heard: this.heard, command }, this.now);
  }

  view(): LedgerView {
    return this.send({ kind: "look" }).view;
  }

  begin(how: Partial<Begin> = {}): LedgerResult {
    return this.reply(how).result;
  }

  /** To one who begins, with what is told beside it. */
  reply(how: Partial<Begin> = {}): LedgerReply {
    return this.send({
      kind: "begin",
      id: `r${++this.#count}`,
      source: "manual",
      requestedBy: "ada",
      requestedIp: "192.0.2.1",
      target: null,
      reason: "it hangs",
      login: null,
      override: null,
      idempotency: null,
      evidence: null,
      ...how,
    });
  }

  /** A watchdog that has seen it all from now on. */
  beginAuto(how: Partial<Begin> = {}): LedgerResult {
    return this.begin({ source: "auto", requestedBy: "watchdog", evidence: { since: this.now, forMs: 0 }, ...how });
  }

  /** From the request to its end. @returns Its id. */
  restart(how: Partial<Begin> = {}, success = true): string {
    const begun = this.begin(how);
    if (begun.kind !== "begun") throw new Error(`a restart was needed, was ${JSON.stringify(begun)}`);
    const { id } = begun.restart;
    this.send({ kind: "fire", id, completeWithinMs: 30_000 });
    this.send({ kind: "complete", id, deployment: null, failure: success ? null : "it failed" });
    return id;
  }
}
