/** Tells the log when the verdict changes: once for each change, by whoever has computed it for the fleet. */
import type { EventLog } from "../log/events.ts";
import type { Report } from "./report.ts";

/** @param before The last one, whoever computed it; without any, only what is not well is news. */
export function tellEdge(
  log: EventLog,
  before: Pick<Report, "health"> | null,
  { health }: Pick<Report, "health">,
): void {
  const from = before?.health.status ?? null;
  const { status: to, degraded_reason: reason, errors } = health;
  const isSame = from === to && before?.health.degraded_reason === reason;
  if (isSame || (from === null && to === "healthy")) return;
  const fields = { from, to, reason, ...(errors && { errors }) };
  if (to === "healthy") log.info("health.changed", fields);
  else log.warn("health.changed", fields);
}
