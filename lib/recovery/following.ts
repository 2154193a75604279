/** What becomes of a restart after it was handed to the platform: asked for when somebody looks, and kept in the ledger. */
import type { EventLog } from "../log/events.ts";
import type { Runtime } from "../runtime.ts";
import { expireAfter, withDeadline } from "../time.ts";
import type { Audit } from "./audit/audit.ts";
import { type AuditEntry, actorPart } from "./audit/record.ts";
import { hasEnded } from "./ledger/step.ts";
import type { LedgerView, Progress, Restart } from "./ledger/types.ts";
import type { Ledger } from "./ledger-client.ts";
import type { RestartProvider } from "./restart-provider.ts";

export interface FollowingOptions {
  readonly provider: Pick<RestartProvider, "name" | "status" | "listen">;
  readonly ledger: Ledger;
  readonly audit: Audit;
  readonly runtime: Runtime;
  readonly log: EventLog;
}

export interface Following {
  /**
   * The view, with what the platform says by now of the last restarts whose end is not known. Takes 1.5 s at the
   * most: who looks then sees what was known, and the next one sees the answer. Never rejects.
   */
  follow(view: LedgerView): Promise<LedgerView>;
}

/** Longest that a page waits for a platform. */
const WAIT_MS = 1_500;
/** Longest that a platform is waited for; its answer is kept, though nobody waits any more. */
const ANSWER_WITHIN_MS = 15_000;
/** A deployment is asked for this often at the most, by the whole fleet where answers come, else by each instance. */
const EVERY_MS = 5_000;
/** Nobody waits longer for a deployment. */
const FOLLOWED_FOR_MS = 3_600_000;
const MOST_AT_ONCE = 3;

export function createFollowing({ provider, ledger, audit, runtime, log }: FollowingOptions): Following {
  /** When each was last asked for here, by its restart. */
  const askedAt = new Map<string, number>();
  const asking = new Map<string, Promise<void>>();

  const keep = async (id: string, progress: Progress) => {
    const { result, view } = await ledger.send({ kind: "follow", id, progress });
    const restart = view.history.find((one) => one.id === id);
    // Whoever is the first to say how it ended writes it down.
    if (result.kind === "done" && restart && hasEnded(restart)) await audit.write(entryOf(restart, progress));
  };
  const failed = (id: string) => (error: unknown) =>
    log.info("restart.unfollowed", { restart_id: id, hook: provider.name, error });

  provider.listen?.((id, progress) => void keep(id, progress).catch(failed(id)));

  const ask = async ({ id, deployment }: Restart) => {
    if (!provider.status || !deployment) return;
    const signal = new AbortController();
    const deadline = expireAfter(runtime, ANSWER_WITHIN_MS, () => signal.abort());
    try {
      await keep(id, await provider.status(deployment, signal.signal));
    } catch (error) {
      failed(id)(error);
    } finally {
      deadline.clear();
    }
  };
  const asked = (restart: Restart): Promise<void> | undefined => {
    const { id } = restart;
    const now = runtime.monotonicMs();
    if (!asking.has(id) && now - (askedAt.get(id) ?? Number.NEGATIVE_INFINITY) >= EVERY_MS) {
      askedAt.set(id, now);
      asking.set(
        id,
        ask(restart).finally(() => asking.delete(id)),
      );
    }
    return asking.get(id);
  };

  return {
    follow: async (view) => {
      if (!provider.status) return view;
      const open = view.history.filter((restart) => isOpen(restart, view.at)).slice(-MOST_AT_ONCE);
      for (const id of askedAt.keys()) if (!open.some((restart) => restart.id === id)) askedAt.delete(id);
      const due = open.filter(({ followedAt }) => view.at - followedAt >= EVERY_MS);
      const answers = due.flatMap((restart) => asked(restart) ?? []);
      if (answers.length === 0) return view;
      await withDeadline(Promise.all(answers), { ms: WAIT_MS, runtime, refuse: () => null }).catch(() => {});
      const newest = ledger.last();
      return newest && newest.life === view.life && newest.at >= view.at ? newest : view;
    },
  };
}

function isOpen(restart: Restart, now: number): boolean {
  return restart.deployment !== null && !hasEnded(restart) && now - restart.completedAt < FOLLOWED_FOR_MS;
}

function entryOf(restart: Restart, { deployment, state }: Progress): AuditEntry {
  return {
    action: "restart.followed",
    ...actorPart(restart.requestedBy, null),
    source: restart.source,
    ip: restart.requestedIp,
    user_agent: null,
    request_id: null,
    decision: restart.overrideReason === null ? "allowed" : "manual_override",
    policy_state: restart.policyState,
    override_reason: restart.overrideReason,
    outcome: state,
    subject: restart.id,
    reason: deployment.status,
  };
}
