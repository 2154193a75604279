/** Somebody who looks at the gate without being one of the fleet: it opens a session, asks for the view, and leaves. */
import type { LaneReport, LaneSums, Renewal } from "../../lib/gate/renewal.ts";
import type { GateConfig } from "../../lib/gate/types.ts";
import { ABOUT } from "./setting.ts";

const NOTHING: LaneReport = { keep: 0, probes: 0, need: 0, want: 0, waiting: 0, waitedMs: 0, owed: 0 };
const NO_SUMS: LaneSums = { ended: { success: 0, failure: 0, ignored: 0 }, refused: {}, ranMs: 0, waitedMs: 0 };

export const witness = (config: GateConfig): Renewal => ({
  session: "witness",
  n: 1,
  agoMs: 0,
  life: null,
  opens: { generation: 0, overrideVersion: 0, override: null, about: ABOUT },
  leaves: true,
  jitter: 0,
  roundTripMs: 0,
  config,
  lanes: { request: NOTHING, slow: NOTHING, health: NOTHING },
  votes: [],
  pings: [],
  open: null,
  sums: { request: NO_SUMS, slow: NO_SUMS, health: NO_SUMS },
  commands: [{ kind: "view" }],
});
