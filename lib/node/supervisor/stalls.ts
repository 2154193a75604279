/** Workers whose event loop does not come round any more: replaced, where the ledger of restarts agrees. */
import type { Config } from "../../config.ts";
import { createEvents } from "../../events.ts";
import type { EventLog } from "../../log/events.ts";
import { createRedactor } from "../../log/redaction.ts";
import { createRecovery, type Recovery } from "../../recovery/recovery.ts";
import type { RestartProvider } from "../../recovery/restart-provider.ts";
import type { RestartOrder } from "../../recovery/restarts.ts";
import { BY_ITSELF } from "../../recovery/watchdog.ts";
import type { Runtime } from "../../runtime.ts";
import type { Store, StoreAdapter, StoreLog } from "../../store/port.ts";
import type { Member } from "./member.ts";

/** Where the fleet decides about restarts, and remembers who did what. */
export interface LedgerPlace {
  /** That of the fleet, by which all decide together. */
  readonly store: StoreAdapter;
  /** Default: the store's. */
  readonly auditLog?: StoreLog | undefined;
}

export interface StallsOptions {
  readonly config: Config;
  /** Asked for once, when the first worker stalls. */
  readonly place: () => Promise<LedgerPlace>;
  /** Replaces the worker whose pid is the target. */
  readonly provider: RestartProvider;
  readonly members: () => readonly Member[];
  /** While workers are being replaced, nothing more is asked for. */
  readonly isRolling: () => boolean;
  /** From when on silence is a stall. */
  readonly stallMs: number;
  readonly runtime: Runtime;
  readonly log: EventLog;
}

export interface Stalls {
  stop(): Promise<void>;
}

/** The fleet's ledger, as it is open here. */
interface OpenLedger {
  readonly recovery: Recovery;
  readonly store: Store;
  readonly auditLog: StoreLog | undefined;
}

/** Looks as often as a watchdog does. The process that looks is none of those that stall. */
export function watchStalls(options: StallsOptions): Stalls {
  const { config, place, provider, members, isRolling, stallMs, runtime, log } = options;
  let ledger: Promise<OpenLedger> | null = null;
  let looking: Promise<void> | null = null;

  const open = async (): Promise<OpenLedger> => {
    const { store: adapter, auditLog } = await place();
    const store = adapter.open(runtime);
    const redact = createRedactor({ secrets: config.secrets });
    const recovery = createRecovery({
      config,
      store,
      auditLog,
      provider,
      runtime,
      log,
      events: createEvents(runtime, log),
      look: () => Promise.reject(new Error("watch stalls: the fleet's health is the workers' affair")),
      renew: async () => {},
      redact: (entry) => redact.value(entry) as typeof entry,
    });
    return { recovery, store, auditLog };
  };

  const look = async () => {
    const stalled = members().find((member) => member.info().state === "stalled");
    if (!stalled || isRolling()) return;
    ledger ??= open();
    const { recovery } = await ledger;
    const view = await recovery.view();
    // What the policy forbids is not asked for again and again.
    if (!view || view.inProgress !== null || view.policy.state !== "allowed") return;
    const answer = await recovery.restarts.request(orderOf(stalled, stallMs, view.at));
    if (answer.kind !== "refused") log.warn("watchdog.acted", { outcome: answer.kind, worker_pid: stalled.info().pid });
  };

  const timer = setInterval(() => {
    looking ??= look()
      .catch((error: unknown) => {
        ledger = null;
        log.warn("watchdog.blind", { error });
      })
      .finally(() => {
        looking = null;
      });
  }, config.watchdog.checkIntervalMs);

  return {
    stop: async () => {
      clearInterval(timer);
      await looking;
      const opened = await ledger;
      opened?.recovery.epoch.stop();
      await opened?.store.close();
      await opened?.auditLog?.close?.();
    },
  };
}

function orderOf(member: Member, forMs: number, now: number): RestartOrder {
  const { pid } = member.info();
  const silentMs = member.silentMs();
  const reason = `Worker ${pid} has not answered for ${Math.round(silentMs / 1_000)} s: its event loop stands still.`;
  return { ...BY_ITSELF, target: `${pid}`, reason, evidence: { since: now - silentMs, forMs } };
}
