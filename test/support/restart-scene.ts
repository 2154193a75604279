/** Instances that restart by one ledger and one audit; the platform is a hook that the test holds. */
import { setTimeout } from "node:timers/promises";
import type { Log } from "../../lib/log/port.ts";
import { createAudit } from "../../lib/recovery/audit/audit.ts";
import type { Deployment } from "../../lib/recovery/ledger/types.ts";
import { createLedger } from "../../lib/recovery/ledger-client.ts";
import { createRestarts, type Firing, type RestartOrder } from "../../lib/recovery/restarts.ts";
import type { Runtime } from "../../lib/runtime.ts";
import type { Store, StoreAdapter, StoreLog } from "../../lib/store/port.ts";
import type { ManualRuntime } from "../../lib/testing/manual-runtime.ts";
import { LEDGER_RULES } from "./ledger.ts";

export const AUDIT_NAME = "{tidegate:test}:audit";
const FIRE_WITHIN_MS = 20_000;

export const ORDER: RestartOrder = {
  source: "manual",
  actor: "ada",
  login: { kind: "token", sub: null, displayName: null, isNameVerified: false },
  ip: "192.0.2.1",
  userAgent: "test",
  requestId: "q1",
  reason: "it hangs",
  target: null,
  override: null,
  idempotency: null,
  evidence: null,
};
export const AUTO: RestartOrder = { ...ORDER, source: "auto", actor: "watchdog", ip: null };

export interface RestartSceneOptions {
  readonly rules?: Partial<typeof LEDGER_RULES>;
  /** What the platform does; it succeeds at once by default. */
  readonly fire?: (firing: Firing) => Promise<Deployment | null>;
  /** Lets a test spoil what an instance reads and writes. */
  readonly spoil?: (store: Store) => { readonly store?: Store; readonly records?: StoreLog };
}

export function restartScene(adapter: StoreAdapter, runtime: Runtime, options: RestartSceneOptions = {}) {
  const fired: Firing[] = [];
  const events: { event: string; fields: Readonly<Record<string, unknown>> }[] = [];
  const write = (event: string, fields = {}) => void events.push({ event, fields });
  const log: Log = { debug: write, info: write, warn: write, error: write };
  const store = adapter.open(runtime);

  const instance = () => {
    const spoilt = options.spoil?.(store) ?? {};
    const audit = createAudit({
      records: spoilt.records ?? store.log,
      name: AUDIT_NAME,
      deadlineMs: 5_000,
      redact: (value) => value,
      runtime,
      log,
    });
    const rules = { ...LEDGER_RULES, ...options.rules };
    const ledger = createLedger({
      store: spoilt.store ?? store,
      key: "{tidegate:test}:ledger",
      rules,
      deadlineMs: 5_000,
      runtime,
    });
    const fire = async (firing: Firing) => {
      fired.push(firing);
      return options.fire?.(firing) ?? null;
    };
    const redact = <Value>(value: Value) => value;
    const restarts = createRestarts({
      ledger,
      audit,
      fire,
      fireWithinMs: FIRE_WITHIN_MS,
      redact,
      events: { emit: () => {} },
      runtime,
      log,
    });
    return { audit, ledger, restarts };
  };
  return { store, fired, events, instance };
}

/**
 * Lets virtual time pass until a task is done that also needs real time, since hashes are made on a thread of their own:
 * slowly enough that no deadline is over before a busy machine has made one.
 */
export async function passing<Value>(runtime: ManualRuntime, task: Promise<Value>, stepMs = 5): Promise<Value> {
  let done = false;
  const over = () => {
    done = true;
  };
  task.then(over, over);
  while (!done) {
    await runtime.advance(stepMs);
    await setTimeout(1);
  }
  return task;
}
