/**
 * Restarting: decided in the ledger, written to the audit, fired once, and told to both what became of it.
 *
 * Map of this folder: `ledger/` decides, `ledger-client` asks it, `audit/` remembers who, `bookkeeping` tells both what
 * became of a restart, `looks` are for who changes nothing; `restart-provider` is the port of what restarts (traced by
 * `traced-provider`), `hooks/` how each platform does, `following` asks what its deployment became, `epoch` and
 * `renewal` are the soft restart; `recommendation` says what to do, `watchdog` does it; `recovery` puts it all
 * together.
 */
import type { Events } from "../events.ts";
import type { EventLog } from "../log/events.ts";
import type { Runtime } from "../runtime.ts";
import { withDeadline } from "../time.ts";
import type { Audit } from "./audit/audit.ts";
import { type AuditEntry, actorPart } from "./audit/record.ts";
import { type Bookkeeping, createBookkeeping } from "./bookkeeping.ts";
import type { Login } from "./ledger/attempt.ts";
import type {
  Begin,
  BeginRefusal,
  Deployment,
  Evidence,
  IdempotencyKey,
  Policy,
  Restart,
  RestartSource,
} from "./ledger/types.ts";
import type { Ledger } from "./ledger-client.ts";

export interface RestartOrder {
  readonly source: RestartSource;
  readonly actor: string;
  /** Null where no person asks. */
  readonly login: Login | null;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly requestId: string | null;
  readonly reason: string;
  readonly target: string | null;
  readonly override: { readonly reason: string } | null;
  readonly idempotency: IdempotencyKey | null;
  readonly evidence: Evidence | null;
}

export type RestartAnswer =
  | { readonly kind: "accepted"; readonly restart: Restart; readonly overridden: boolean }
  /** The hook was called and says no, or nothing. */
  | { readonly kind: "failed"; readonly restart: Restart; readonly overridden: boolean; readonly error: string }
  | {
      readonly kind: "refused";
      readonly because: BeginRefusal;
      readonly policy: Policy;
      readonly retryAfterMs: number;
      /** The first of its kind in a while. */
      readonly isNews: boolean;
    }
  | { readonly kind: "repeated"; readonly restart: Restart | null }
  | { readonly kind: "key_reused" }
  /** Nothing was restarted, since it could not be decided or written down. */
  | { readonly kind: "unavailable"; readonly missing: "ledger" | "audit" };

/** What is about to be restarted, as a hook hears it. */
export interface Firing {
  /** Of the restart: the same for every repetition. */
  readonly id: string;
  /** Why, for people. */
  readonly reason: string;
  /** One of the provider's `targets`; null: its default. */
  readonly target: string | null;
  /** Aborted when it has taken too long. */
  readonly signal: AbortSignal;
}

export interface RestartsOptions {
  readonly ledger: Ledger;
  readonly audit: Audit;
  /** Restarts. Rejects with a sentence fit for people where the platform refuses or does not answer. */
  readonly fire: (firing: Firing) => Promise<Deployment | null>;
  /** Longest that may take, in milliseconds. */
  readonly fireWithinMs: number;
  readonly redact: <Value>(value: Value) => Value;
  readonly events: Pick<Events, "emit">;
  readonly runtime: Runtime;
  readonly log: EventLog;
}

export interface Restarts {
  /** Never rejects. Goes on to its end whatever becomes of who asked. */
  request(order: RestartOrder): Promise<RestartAnswer>;
  /** Resolves when no request is under way: the process may end without a restart being left unknown. */
  settled(): Promise<void>;
}

/** The ledger waits longer than the hook may take, for its answer to arrive. */
const COMPLETE_MARGIN_MS = 10_000;

/** What people typed is shown to others, and kept: a password among it is not. */
const withoutSecrets = (order: RestartOrder, redact: RestartsOptions["redact"]): RestartOrder => ({
  ...order,
  reason: redact(order.reason),
  override: order.override && { reason: redact(order.override.reason) },
});

export function createRestarts(options: RestartsOptions): Restarts {
  const { ledger, audit, fireWithinMs, runtime, log } = options;
  const books = createBookkeeping({ ledger, audit, runtime, log });

  const request = async (order: RestartOrder): Promise<RestartAnswer> => {
    const id = runtime.uuid();
    const begun = await ledger.send(beginOf(id, order)).then(
      ({ result }) => result,
      (error: unknown) => log.error("restart.undecided", { error }),
    );
    if (!begun || begun.kind === "done" || begun.kind === "void" || begun.kind === "counted") {
      return { kind: "unavailable", missing: "ledger" };
    }
    if (begun.kind === "refused") {
      const { because, policy } = begun;
      const refused = { decision: because, policy_state: policy.state, outcome: "refused" };
      log.info("restart.refused", { actor: order.actor, because });
      // Who asks again and again would bury what people did: the ledger tells of that in sums.
      if (begun.isNews) await books.note({ ...entryOf(order, null), ...refused });
      return begun;
    }
    if (begun.kind !== "begun") return begun;

    const { restart, overridden } = begun;
    try {
      await audit.write({ ...entryOf(order, restart), outcome: "pending" });
    } catch (error) {
      log.error("audit.failed", { action: "restart", restart_id: id, error });
      await books.abandon(id);
      return { kind: "unavailable", missing: "audit" };
    }
    // Asked once: where no answer comes, it may have been fired for, and nobody must fire it twice.
    const completeWithinMs = fireWithinMs + COMPLETE_MARGIN_MS;
    const fired = await ledger.send({ kind: "fire", id, completeWithinMs }).catch(() => null);
    if (fired?.result.kind !== "done") {
      await books.note({ ...entryOf(order, restart), action: "restart.outcome", outcome: "not fired" });
      return { kind: "unavailable", missing: "ledger" };
    }
    return fireBegun(options, books, order, restart, overridden);
  };

  const underWay = new Set<Promise<RestartAnswer>>();
  return {
    request: (order) => {
      const asked = request(withoutSecrets(order, options.redact)).finally(() => underWay.delete(asked));
      underWay.add(asked);
      return asked;
    },
    settled: async () => {
      await Promise.all(underWay);
    },
  };
}

/** Calls the hook, and tells everybody what became of it. */
async function fireBegun(
  { fire, fireWithinMs, redact, events, runtime, log }: RestartsOptions,
  books: Bookkeeping,
  order: RestartOrder,
  restart: Restart,
  overridden: boolean,
): Promise<RestartAnswer> {
  const about = { restart_id: restart.id, source: order.source, actor: order.actor };
  const tell = (outcome: "executed" | "failed") => {
    events.emit("restart", { restartId: restart.id, outcome, source: order.source, actor: order.actor });
    return books.note({ ...entryOf(order, restart), action: "restart.outcome", outcome });
  };
  try {
    const deployment = await firedWithin(fire, restart, fireWithinMs, runtime);
    const done = await books.complete(restart, { deployment, failure: null });
    log.info("restart.executed", about);
    await tell("executed");
    return { kind: "accepted", restart: done, overridden };
  } catch (error) {
    const failure = redact(error instanceof Error ? error.message : String(error));
    const done = await books.complete(restart, { deployment: null, failure });
    log.error("restart.failed", { ...about, error });
    await tell("failed");
    return { kind: "failed", restart: done, overridden, error: failure };
  }
}

function beginOf(id: string, order: RestartOrder): Begin {
  const { source, target, reason, override, idempotency, evidence } = order;
  const from = { requestedBy: order.actor, requestedIp: order.ip, login: order.login };
  return { kind: "begin", id, source, ...from, target, reason, override, idempotency, evidence };
}

function entryOf(order: RestartOrder, restart: Restart | null): AuditEntry {
  return {
    action: "restart",
    ...actorPart(order.actor, order.login),
    source: order.source,
    ip: order.ip,
    user_agent: order.userAgent,
    request_id: order.requestId,
    decision: restart?.overrideReason ? "manual_override" : "allowed",
    policy_state: restart?.policyState ?? null,
    override_reason: order.override?.reason ?? null,
    outcome: "",
    subject: restart?.id ?? null,
    reason: order.reason,
  };
}

function firedWithin(
  fire: RestartsOptions["fire"],
  { id, reason, target }: Restart,
  withinMs: number,
  runtime: Runtime,
): Promise<Deployment | null> {
  const giveUp = new AbortController();
  const refuse = () => {
    giveUp.abort();
    return new Error(`restart: the platform must answer within ${withinMs} ms, and did not; it may still restart`);
  };
  return withDeadline(fire({ id, reason, target, signal: giveUp.signal }), { ms: withinMs, runtime, refuse });
}
