/** Telemetry that says what it is told to, for tests of what goes by it; `telemetry.ts` has the real SDK. */
import type { Labels, Telemetry, TraceIds } from "../../lib/telemetry/port.ts";

export interface FakeTelemetry extends Telemetry {
  readonly recorded: { readonly name: string; readonly seconds: number; readonly labels: Labels }[];
}

/** @param ids Of what is under way wherever somebody asks; null: nothing is. */
export function telemetryOf(ids: TraceIds | null): FakeTelemetry {
  const recorded: FakeTelemetry["recorded"] = [];
  const span = { ids: null, set: () => {}, rename: () => {}, event: () => {}, fail: () => {}, end: () => {} };
  return {
    recorded,
    tracing: {
      isOn: () => ids !== null,
      current: () => ids,
      active: () => (ids ? span : null),
      begin: () => span,
      within: (_, work) => work(),
      headers: () => ({}),
    },
    meters: { record: (name, seconds, labels) => void recorded.push({ name, seconds, labels }) },
  };
}
