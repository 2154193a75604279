/** Gate events as log lines. Called after the state is committed; the log never blocks and never throws. */
import type { GateEvent } from "../gate/events.ts";
import type { Log } from "../log/port.ts";

const iso = (ms: number): string => new Date(ms).toISOString();

export function announceTo(log: Log, gate: string): (events: readonly GateEvent[]) => void {
  return (events) => {
    for (const event of events) announce(log, gate, event);
  };
}

function announce(log: Log, gate: string, event: GateEvent): void {
  const at = iso(event.at);
  switch (event.kind) {
    case "transition": {
      const { from, to, cause, generation } = event;
      log[to === "closed" ? "info" : "warn"](`breaker.${to}`, { gate, at, from, cause, generation });
      return;
    }
    case "override": {
      const { mode, until, actor, reason } = event;
      log.warn("breaker.override", { gate, at, mode, until: iso(until), actor, reason });
      return;
    }
    case "would_open":
      log.warn("breaker.would_open", { gate, at, cause: event.cause });
      return;
    case "life":
      log.info("gate.life", { gate, at, life: event.life });
  }
}
