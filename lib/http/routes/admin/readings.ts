/** What operators read, gathered: the same for who asks by address and for who looks at the console. */
import type { Config } from "../../../config/types.ts";
import type { GateView } from "../../../gate/renewal.ts";
import type { LedgerView } from "../../../recovery/ledger/types.ts";
import type { Recovery } from "../../../recovery/recovery.ts";
import type { OperatedGate } from "./breaker.ts";
import { type HealthParts, systemStatus } from "./system-status.ts";
import { wholeSeconds } from "./units.ts";
import { workerStatus } from "./worker-status.ts";

export interface ReadingsOptions {
  readonly recovery: Recovery;
  /** The health payload, and its resilience part by what the ledger says now. */
  readonly health: (
    view: LedgerView | null,
  ) => Promise<{ readonly payload: HealthParts; readonly resilience: HealthParts }>;
  /** By name; the main one is `main`. */
  readonly gates: () => ReadonlyMap<string, OperatedGate>;
  /** Of this process, where the platform has such. */
  readonly worker: { readonly pid: number; readonly startedAt: number } | null;
  readonly config: Config;
}

export interface Readings {
  systemStatus(): Promise<object>;
  workerStatus(): Promise<object>;
}

export function createReadings(options: ReadingsOptions): Readings {
  const { recovery, config, worker } = options;
  const gateView = async ([name, gate]: [string, OperatedGate]): Promise<readonly [string, GateView | null]> => [
    name,
    await Promise.resolve(gate.view()).catch(() => null),
  ];
  return {
    systemStatus: async () => {
      const view = await recovery.view();
      const { payload, resilience } = await options.health(view);
      const gates = await Promise.all([...options.gates()].map(gateView));
      const cooldownRemainingSeconds = wholeSeconds(view?.policy.cooldownRemainingMs ?? 0);
      return systemStatus({ health: payload, resilience, cooldownRemainingSeconds, gates, worker });
    },
    workerStatus: async () => {
      const known = await recovery.view();
      const view = known && (await recovery.following.follow(known));
      const { payload, resilience } = await options.health(view);
      const runtimeContract = payload.runtime_contract;
      return workerStatus({ config, recovery, view, resilience, runtimeContract, worker });
    },
  };
}
