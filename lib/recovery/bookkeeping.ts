/** What ledger and audit are told of a restart, once it has been decided. */
import type { EventLog } from "../log/events.ts";
import type { Runtime } from "../runtime.ts";
import { sleep } from "../time.ts";
import type { Audit } from "./audit/audit.ts";
import { type AuditEntry, actorPart } from "./audit/record.ts";
import type { Refused } from "./ledger/attempt.ts";
import type { LedgerReply, Restart } from "./ledger/types.ts";
import type { Ledger } from "./ledger-client.ts";

export interface BookkeepingOptions {
  readonly ledger: Ledger;
  readonly audit: Audit;
  readonly runtime: Runtime;
  readonly log: EventLog;
}

export interface Bookkeeping {
  /** To the audit, of what is done already, or was not: it is worth knowing, and nothing depends on it. Never rejects. */
  note(entry: AuditEntry): Promise<unknown>;
  /** To the ledger, that it will not be fired. Never rejects. */
  abandon(id: string): Promise<unknown>;
  /** To the ledger, how it ended. Never rejects. @returns The restart, as it is then known. */
  complete(restart: Restart, end: Pick<Restart, "deployment" | "failure">): Promise<Restart>;
}

/** How often it is told to a ledger that does not answer. */
const ATTEMPTS = 5;
const PAUSE_MS = 500;

/** A sum of refused attempts as one record, by the store's clock. */
export function sumEntry({ action, actor, login, ip, because, count, firstAt, lastAt }: Refused): AuditEntry {
  return {
    action,
    ...actorPart(actor, login),
    source: "manual",
    ip,
    user_agent: null,
    request_id: null,
    decision: because,
    policy_state: null,
    override_reason: null,
    outcome: "refused",
    subject: null,
    reason: null,
    count,
    first_at: new Date(firstAt).toISOString(),
    last_at: new Date(lastAt).toISOString(),
  };
}

export function createBookkeeping({ ledger, audit, runtime, log }: BookkeepingOptions): Bookkeeping {
  const tell = async (
    command: Parameters<Ledger["send"]>[0] & { readonly id: string },
  ): Promise<LedgerReply | null> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await ledger.send(command);
      } catch (error) {
        log.warn("restart.untold", { restart_id: command.id, attempt, error });
        if (attempt === ATTEMPTS) return null;
        await sleep(runtime, PAUSE_MS);
      }
    }
  };

  return {
    note: (entry) =>
      audit.write(entry).catch((error: unknown) => log.error("audit.failed", { action: entry.action, error })),
    abandon: (id) => tell({ kind: "abandon", id }),
    complete: async (restart, end) => {
      const reply = await tell({ kind: "complete", id: restart.id, ...end });
      const known = reply?.view.history.find(({ id }) => id === restart.id);
      return known ?? { ...restart, phase: end.failure === null ? "executed" : "failed", ...end };
    },
  };
}
