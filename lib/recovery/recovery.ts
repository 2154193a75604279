/** All that belongs to restarts, put together from the configuration. */
import type { AppEnv, Config } from "../config/types.ts";
import type { Events } from "../events.ts";
import { CANCEL_GRACE_MS, LEASE_MS } from "../gate/lanes.ts";
import type { EventLog } from "../log/events.ts";
import type { Runtime } from "../runtime.ts";
import type { Store, StoreLog } from "../store/port.ts";
import type { Tracing } from "../telemetry/port.ts";
import { type Audit, createAudit } from "./audit/audit.ts";
import { sumEntry } from "./bookkeeping.ts";
import { type EpochWatch, watchEpoch } from "./epoch.ts";
import { createFollowing, type Following } from "./following.ts";
import { countSince } from "./ledger/policy.ts";
import type { LedgerRules, LedgerView } from "./ledger/types.ts";
import { createLedger, type Ledger } from "./ledger-client.ts";
import { createLooks, type Looks } from "./looks.ts";
import type { RestartProvider } from "./restart-provider.ts";
import { createRestarts, type Restarts } from "./restarts.ts";
import { tracedProvider } from "./traced-provider.ts";
import { createWatchdog, type Sight, type Watchdog } from "./watchdog.ts";

/** A restart is worth waiting for the store. */
const DECIDE_WITHIN_MS = 5_000;
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
  /** Default: there are no traces. */
  readonly tracing?: Tracing | null | undefined;
  /** Told of each record that could not be written into the audit. */
  readonly auditFailed?: (() => void) | undefined;
  readonly runtime: Runtime;
  readonly log: EventLog;
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
  /** Whether the audit has a place that lasts; without one nothing is restarted. */
  readonly isAudited: boolean;
  readonly restarts: Restarts;
  readonly watchdog: Watchdog;
  readonly epoch: EpochWatch;
  readonly provider: Omit<RestartProvider, "fire">;
  readonly following: Following;
  readonly view: Looks["view"];
  readonly recent: Looks["recent"];
  /** Of a view, or of the last one there was. */
  facts(view: LedgerView | null): RestartFacts;
}

export function createRecovery(options: RecoveryOptions): Recovery {
  const { config, store, provider, look, renew, redact, events, tracing = null, runtime, log } = options;
  const place = `{tidegate:${config.store.ledgerNamespace}:recovery}`;
  let toldDamaged = false;
  const ledger = createLedger({
    store,
    key: `${place}:ledger`,
    rules: rulesOf(config),
    deadlineMs: DECIDE_WITHIN_MS,
    runtime,
    heard: (view) => {
      looks.heard();
      epoch.heard(view);
      if (view.damaged && !toldDamaged) log.error("ledger.damaged", { key: `${place}:ledger` });
      toldDamaged = view.damaged;
    },
    refused: (sum) => {
      const failed = (error: unknown) => log.error("audit.failed", { action: sum.action, error });
      void audit.write(sumEntry(sum)).catch(failed);
    },
  });
  const looks = createLooks({ ledger, sharesIo: store.traits.sharesIo, runtime });
  const audit = createAudit({
    records: options.auditLog ?? durableLog(store, config.app.env),
    name: `${place}:audit`,
    deadlineMs: DECIDE_WITHIN_MS,
    redact,
    failed: options.auditFailed,
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
  const chosen = tracing && provider ? tracedProvider(provider, tracing) : (provider ?? soft);
  const { fire, deadlineMs: fireWithinMs } = chosen;
  const restarts = createRestarts({ ledger, audit, fire, fireWithinMs, redact, events, runtime, log });
  const epoch = watchEpoch({
    look: looks.ask,
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
    isAudited: options.auditLog !== undefined || keepsAudit(store, config.app.env),
    restarts,
    watchdog: createWatchdog({ enabled: config.watchdog.enabled, look, restarts, tracing, log }),
    epoch,
    provider: chosen,
    following: createFollowing({ provider: chosen, ledger, audit, runtime, log }),
    view: looks.view,
    recent: looks.recent,
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

const keepsAudit = ({ kind }: Store, env: AppEnv): boolean => kind !== "memory" || mayAuditEnd(env);

function durableLog(store: Store, env: AppEnv): StoreLog {
  if (keepsAudit(store, env)) return store.log;
  const refuse = () => {
    throw new Error("write an audit record: the memory store keeps none; set AUDIT_FILE, or a STATE_URL that lasts");
  };
  return { append: refuse, read: store.log.read };
}
