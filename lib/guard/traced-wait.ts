/** A wait for a permit, as a span: of those calls alone that had to. */
import type { Lane } from "../gate/types.ts";
import type { Tracing } from "../telemetry/port.ts";
import type { Entry } from "./gate-client/port.ts";

export function tracedWait(tracing: Tracing | null, gate: string, lane: Lane, entry: Promise<Entry>): Promise<Entry> {
  if (!tracing?.isOn()) return entry;
  const span = tracing.begin("tidegate.wait", { attributes: { "tidegate.gate": gate, "tidegate.lane": lane } });
  return entry.finally(() => span.end());
}
