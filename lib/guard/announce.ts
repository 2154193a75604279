/** Gate events as log lines, and for who listens. Called after the state is committed; neither blocks nor throws. */
import type { Events } from "../events.ts";
import type { GateEvent } from "../gate/events.ts";
import type { EventLog } from "../log/events.ts";
import type { Tracing } from "../telemetry/port.ts";

const iso = (ms: number): string => new Date(ms).toISOString();

export interface Announcing {
  readonly gate: string;
  readonly log: EventLog;
  readonly events: Events;
  readonly tracing: Tracing | null;
  /** The instance's own gate, for the time without the shared one. */
  readonly local: boolean;
}

export function announceTo(announcing: Announcing): (events: readonly GateEvent[]) => void {
  return (events) => {
    for (const event of events) announce(announcing, event);
  };
}

function announce({ gate: name, log, events, tracing, local }: Announcing, event: GateEvent): void {
  const gate = local ? `${name}, local gate` : name;
  const at = iso(event.at);
  switch (event.kind) {
    case "transition": {
      const { from, to, cause, generation } = event;
      const fields = { gate, at, from, cause, generation };
      if (to === "closed") log.info("breaker.closed", fields);
      else log.warn(to === "open" ? "breaker.open" : "breaker.half_open", fields);
      tracing?.active()?.event("tidegate.transition", {
        "tidegate.gate": name,
        "tidegate.from": from,
        "tidegate.to": to,
        "tidegate.cause": cause,
      });
      events.emit("transition", { gate: name, local, at: event.at, from, to, cause });
      return;
    }
    case "override": {
      const { mode, until, actor, reason } = event;
      log.warn("breaker.override", { gate, at, mode, until: iso(until), actor, reason });
      if (!local) events.emit("override", { gate: name, at: event.at, mode, until, actor, reason });
      return;
    }
    case "would_open":
      log.warn("breaker.would_open", { gate, at, cause: event.cause });
      return;
    case "life":
      log.info("gate.life", { gate, at, life: event.life });
  }
}
