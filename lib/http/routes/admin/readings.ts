/** What operators read, gathered: the same for who asks by address and for who looks at the console. */
import type { Config } from "../../../config/types.ts";
import type { HealthPayload } from "../../../contract/health.ts";
import type { Resilience } from "../../../contract/parts.ts";
import type { WorkerStatus } from "../../../contract/restarts.ts";
import type { SystemStatus } from "../../../contract/system.ts";
import { wholeSeconds } from "../../../contract/units.ts";
import type { Gates } from "../../../guard/gates.ts";
import type { Kept } from "../../../kept/kept.ts";
import type { LedgerView } from "../../../recovery/ledger/types.ts";
import type { Recovery } from "../../../recovery/recovery.ts";
import { gateViews, MOST_SHOWN } from "../gate-views.ts";
import { keptStatusOf } from "../kept-views.ts";
import { systemStatus } from "./system-status.ts";
import { workerStatus } from "./worker-status.ts";

export interface ReadingsOptions {
  readonly recovery: Recovery;
  /** The health payload, and its resilience part by what the ledger says now. */
  readonly health: (
    view: LedgerView | null,
  ) => Promise<{ readonly payload: HealthPayload; readonly resilience: Resilience }>;
  readonly gates: Pick<Gates, "named" | "standing">;
  readonly kept: Pick<Kept, "figures">;
  /** Of this process, where the platform has such. */
  readonly worker: { readonly pid: number; readonly startedAt: number } | null;
  readonly config: Config;
}

export interface Readings {
  systemStatus(): Promise<SystemStatus>;
  workerStatus(): Promise<WorkerStatus>;
}

export function createReadings(options: ReadingsOptions): Readings {
  const { recovery, config, worker } = options;
  return {
    systemStatus: async () => {
      const view = await recovery.view();
      const { payload, resilience } = await options.health(view);
      const gatesTotal = options.gates.standing().length;
      const gates = await gateViews(options.gates.named(MOST_SHOWN));
      const cooldownRemainingSeconds = wholeSeconds(view?.policy.cooldownRemainingMs ?? 0);
      const { listen } = config;
      const kept = keptStatusOf(options.kept.figures());
      return systemStatus({
        health: payload,
        resilience,
        cooldownRemainingSeconds,
        gates,
        gatesTotal,
        kept,
        worker,
        listen,
      });
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
