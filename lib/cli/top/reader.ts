/** Reads what `tidegate top` shows: the figures, and what the token lets it see beside them. */
import type { AnyVersion } from "../../contract/contract.ts";
import type { HealthAnswer } from "../../contract/health.ts";
import type { DegradedReason } from "../../contract/parts.ts";
import type { SystemStatus } from "../../contract/system.ts";
import type { Runtime } from "../../runtime.ts";
import { CommandError, EXIT } from "../command.ts";
import type { Server } from "../server.ts";
import { type Verdict, verdictOf } from "../verdict.ts";
import { parseSamples, type Samples } from "./samples.ts";

export interface Reading {
  /** By the monotonic clock. */
  readonly atMs: number;
  /** By the clock on the wall, here. */
  readonly wallMs: number;
  readonly samples: Samples;
  /** Why it is not healthy, and what to do; null where nobody says. */
  readonly told: Told | null;
  /** An admin's alone. */
  readonly system: AnyVersion<SystemStatus> | null;
}

/** What health and the operators' status have in common. */
export interface Told {
  readonly status: Verdict;
  readonly reason: DegradedReason | null;
  readonly advice: AnyVersion<HealthAnswer["resilience"]["recovery_recommendation"]> | undefined;
  readonly policy: AnyVersion<HealthAnswer["resilience"]["policy_state"]> | undefined;
}

/** @throws CommandError where there are no figures. */
export type Read = () => Promise<Reading>;

export function readerOf(server: Server, runtime: Runtime): Read {
  // Asked once: a login that fails counts against the address it came from.
  let isAdmin = true;
  return async () => {
    const text = await server.text("/metrics", {
      accept: "text/plain;version=0.0.4",
      statuses: [200],
      isOurs: (found) => found.includes("\ntidegate_"),
    });
    const reading = { atMs: runtime.monotonicMs(), wallMs: runtime.wallMs(), samples: parseSamples(text) };
    if (isAdmin) {
      const system = await server.get<AnyVersion<SystemStatus>>("/admin/api/system-status").catch(notAdmin);
      if (system) return { ...reading, told: toldBy(system), system };
      isAdmin = false;
    }
    return { ...reading, told: await healthOf(server), system: null };
  };
}

/** Who may read figures may not read all: then they are all there is. */
function notAdmin(error: unknown): null {
  const codes: readonly (string | null)[] = ["UNAUTHORIZED", "FORBIDDEN", "NOT_FOUND"];
  if (error instanceof CommandError && codes.includes(error.code)) return null;
  throw error;
}

function toldBy({ runtime_resilience: resilience }: AnyVersion<SystemStatus>): Told {
  const { degraded_reason: reason = null } = resilience ?? {};
  return {
    status: verdictOf(reason),
    reason,
    advice: resilience?.recovery_recommendation,
    policy: resilience?.policy_state,
  };
}

/** Anybody may read it; an instance that is told to say nothing else may not answer it. */
async function healthOf(server: Server): Promise<Told | null> {
  const wanted = {
    accept: "application/json",
    statuses: [200, 503],
    isOurs: (text: string) => healthIn(text) !== null,
  };
  const text = await server.text("/health", wanted).catch((error: unknown) => {
    if (error instanceof CommandError && error.exit !== EXIT.usage) return null;
    throw error;
  });
  const health = text === null ? null : healthIn(text);
  if (!health?.status) return null;
  const { status, degraded_reason: reason = null, resilience } = health;
  return { status, reason, advice: resilience?.recovery_recommendation, policy: resilience?.policy_state };
}

function healthIn(text: string): AnyVersion<HealthAnswer> | null {
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === "object" && found !== null && "status" in found
      ? (found as AnyVersion<HealthAnswer>)
      : null;
  } catch {
    return null;
  }
}
