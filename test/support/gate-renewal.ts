/** Renewals of a scenario: the rules most of them live by, and all that is not worth mentioning in them. */
import type { LaneReport, Opening, Renewal, RenewalReply } from "../../lib/gate/renewal.ts";
import { SESSIONS_KEPT } from "../../lib/gate/state.ts";
import type { GateConfig, Lane } from "../../lib/gate/types.ts";

/** A moment at the beginning of a minute, so that scenarios can count seconds. */
export const START = 1_800_000_000_000;
/** When a gate of these scenarios began to live: long enough ago that nobody is held to a share. */
export const LIFE = START - 60_000;

export const RULES: GateConfig = {
  mode: "on",
  capacity: { request: 20, slow: 4, health: 1 },
  deadlineMs: { request: 55_000, slow: 290_000, health: 5_000 },
  connectTimeoutMs: 10_000,
  windowSeconds: 30,
  windowCalls: 10,
  failureThreshold: 5,
  failureRate: 5_000,
  slowRate: 10_000,
  recoveryMs: 30_000,
  backoffFactor: 20_000,
  backoffMaxMs: 300_000,
  backoffJitter: 2_000,
  probes: 1,
  successesToClose: 2,
  expectedInstances: 1,
  keptMs: 86_400_000,
  pushes: true,
  renewalsPerSecond: 5_000,
  sessionsKept: SESSIONS_KEPT,
};

export const ABOUT = { runtime: "node", region: "", version: "1.0.0", startedAt: START };

export type KnownReply = RenewalReply & { known: true };

export type Introduction = Pick<Renewal, "life"> & { readonly opens: Opening };

export const firstOpening = (
  life: number | null = null,
  generation = 0,
  overrideVersion = 0,
  override: Opening["override"] = null,
): Introduction => ({ life, opens: { generation, overrideVersion, override, about: ABOUT } });

export const eachLane = <Value>(value: (lane: Lane) => Value): Record<Lane, Value> => ({
  request: value("request"),
  slow: value("slow"),
  health: value("health"),
});

export const noSums = (): Renewal["sums"] =>
  eachLane(() => ({ ended: { success: 0, failure: 0, ignored: 0 }, refused: {}, ranMs: 0, waitedMs: 0 }));

export const NOTHING: LaneReport = { keep: 0, probes: 0, need: 0, want: 0, waiting: 0, waitedMs: 0, owed: 0 };

/** A renewal of somebody who has nothing to say but this. */
export const renewalOf = (session: string, said: Partial<Renewal> = {}): Renewal => ({
  session,
  n: 1,
  agoMs: 0,
  life: null,
  opens: null,
  leaves: false,
  jitter: 0,
  roundTripMs: 1,
  config: RULES,
  lanes: eachLane(() => NOTHING),
  votes: [],
  pings: [],
  open: null,
  sums: noSums(),
  commands: [],
  ...said,
});
