/** All that belongs to restarts, put together from the configuration. */
import type { AppEnv, Config } from "../config/types.ts";
import type { Events } from "../events.ts";
import { CANCEL_GRACE_MS, LEASE_MS } from "../gate/lanes.ts";
import type { Log } from "../log/port.ts";
import type { Runtime } from "../runtime.ts";
import type { Store, StoreLog } from "../store/port.ts";
import { type Audit, createAudit } from "./audit/audit.ts";
import { type EpochWatch, watchEpoch } from "./epoch.ts";
import { createFollowing, type Following } from "./following.ts";
import { countSince } from "./ledger/policy.ts";
import type { LedgerRules, LedgerView } from "./ledger/types.ts";
import { createLedger, type Ledger } from "./ledger-client.ts";
import type { RestartProvider } from "./restart-provider.ts";
import { createRestarts, type Restarts } from "./restarts.ts";
import { createWatchdog, type Sight, type Watchdog } from "./watchdog.ts";

/** A restart is worth waiting for the store. */
const DECIDE_WITHIN_MS = 5_000;
/** Who only looks is not kept waiting: the console looks again every 5 s, and sees what there is without the store. */
const LOOK_WITHIN_MS = 1_500;
const EPOCH_LOOK_MS = 5_000;
const RENEWAL_SPREAD_MS = 10_000;

export interface RecoveryOptions {
  readonly config: Config;
  readonly store: Store;
  /** Where the audit goes; default: the store's log. */
  readonly auditLog?: StoreLog | undefined;
  /** Default: the soft restart. */
  readonly provider?: RestartProvider | undefined;
  /** What the watchdog sees. */
  readonly look: () => Promise<Sight>;
  /** Replaces what an instance holds, after a soft restart. */
  readonly renew: () => Promise<void>;
  readonly redact: <Value>(value: Value) => Value;
  readonly events: Pick<Events, "emit">;
  readonly runtime: Runtime;
  readonly log: Log;
}

/** What payloads say of restarts. */
export interface RestartFacts {
  readonly churnExceeded: boolean;
  readonly blocked: boolean;
  /** 0 unless cooling down. */
  readonly cooldownRemainingMs: number;
  /** In the window of the payloads' `restart_churn`. */
  readonly countInWindow: number;
  /** The store's clock, in milliseconds since 1970. */
  readonly lastCompletedAt: number | null;
}

/** Where nothing restarts anything, and where the ledger cannot be read in time. */
export const NO_RESTARTS: RestartFacts = Object.freeze({
  churnExceeded: false,
  blocked: false,
  cooldownRemainingMs: 0,
  countInWindow: 0,
  lastCompletedAt: null,
});

export interface Recovery {
  readonly ledger: Ledger;
  readonly audit: Audit;
  readonly restarts: Restarts;
  readonly watchdog: Watchdog;
  readonly epoch: EpochWatch;
  readonly provider: Omit<RestartProvider, "fire">;
  readonly following: Following;
  /** What the ledger says now; null where it does not. */
  view(): Promise<LedgerView | null>;
  /** Of a view, or of the last one there was. */
  facts(view: LedgerView | null): RestartFacts;
}

export function createRecovery(options: RecoveryOptions): Recovery {
  const { config, store, provider, look, renew, redact, events, runtime, log } = options;
  const place = `{tidegate:${config.store.namespace}:recovery}`;
  const ledger = createLedger({
    store,
    key: `${place}:ledger`,
    rules: rulesOf(config),
    deadlineMs: DECIDE_WITHIN_MS,
    runtime,
    heard: (view) => epoch.heard(view),
  });
  const audit = createAudit({
    records: options.auditLog ?? durableLog(store, config.app.env),
    name: `${place}:audit`,
    deadlineMs: DECIDE_WITHIN_MS,
    redact,
    runtime,
    log,
  });
  const soft: RestartProvider = {
    name: "soft",
    targets: [],
    capabilities: ["restart"],
    deadlineMs: DECIDE_WITHIN_MS,
    fire: async ({ id }) => {
      const { result } = await ledger.send({ kind: "raise", id });
      if (result.kind !== "done") throw new Error("soft restart: the ledger knows nothing of it; ask again");
      return null;
    },
  };
  const chosen = provider ?? soft;
  const { fire, deadlineMs: fireWithinMs } = chosen;
  const restarts = createRestarts({ ledger, audit, fire, fireWithinMs, redact, events, runtime, log });
  const epoch = watchEpoch({
    look: () => ledger.send({ kind: "look" }),
    everyMs: EPOCH_LOOK_MS,
    spreadMs: RENEWAL_SPREAD_MS,
    renew,
    runtime,
    log,
  });
  const { restartChurnWindowMs, restartChurnThreshold } = config.resilience;

  return {
    ledger,
    audit,
    restarts,
    watchdog: createWatchdog({ enabled: config.watchdog.enabled, look, restarts, log }),
    epoch,
    provider: chosen,
    following: createFollowing({ provider: chosen, ledger, audit, runtime, log }),
    view: () =>
      ledger.send({ kind: "look" }, LOOK_WITHIN_MS).then(
        ({ view }) => view,
        () => null,
      ),
    facts: (view) => {
      const known = view ?? ledger.last();
      if (!known) return NO_RESTARTS;
      const { at, policy, history } = known;
      const countInWindow = countSince(history, at - restartChurnWindowMs);
      return {
        churnExceeded: countInWindow >= restartChurnThreshold,
        blocked: policy.blockedBy !== null,
        cooldownRemainingMs: policy.cooldownRemainingMs,
        countInWindow,
        lastCompletedAt: policy.lastCompletedAt,
      };
    },
  };
}

function rulesOf({ restart, pool }: Config): LedgerRules {
  return {
    cooldownMs: restart.cooldownMs,
    retryBudget: restart.retryBudget,
    windowMs: restart.windowMs,
    churnThreshold: restart.churnThreshold,
    guarded: restart.guarded,
    longestPermitMs: LEASE_MS + pool.connectTimeoutMs + pool.callTimeoutMs + CANCEL_GRACE_MS,
  };
}

/** What dies with its process is no audit; for development and testing it will do. */
export const mayAuditEnd = (env: AppEnv): boolean => env === "development" || env === "testing";

function durableLog(store: Store, env: AppEnv): StoreLog {
  if (store.kind !== "memory" || mayAuditEnd(env)) return store.log;
  const refuse = () => {
    throw new Error("write an audit record: the memory store keeps none; set AUDIT_FILE, or a STATE_URL that lasts");
  };
  return { append: refuse, read: store.log.read };
}
