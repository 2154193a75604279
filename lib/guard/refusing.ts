/**
 * Refusals of one gate: told to who listens, to the trace under way, and to the log by episodes; a call inside a call there
 * by itself as well, once.
 */
import type { Lane, RefusalReason } from "../gate/types.ts";
import type { GateClientOptions } from "./gate-client/port.ts";
import { Refused, refusal } from "./refusal.ts";
import { createRefusalEpisodes, type RefusalEpisodes } from "./refusal-episode.ts";
import type { Shared } from "./shared.ts";
import type { Verdicts } from "./verdicts.ts";

export interface RefusingOptions extends Pick<GateClientOptions, "name" | "runtime" | "log"> {
  readonly shared: Shared;
  readonly verdicts: Verdicts;
}

export interface Refusing {
  readonly refused: (lane: Lane, reason: RefusalReason, retryAfterMs: number) => Refused;
  readonly episodes: RefusalEpisodes;
}

export function refusing({ name, runtime, log, shared, verdicts }: RefusingOptions): Refusing {
  const { events, once, tracing } = shared;
  const episodes = createRefusalEpisodes({ gate: name, runtime, log });
  const refused = (lane: Lane, reason: RefusalReason, retryAfterMs: number): Refused => {
    episodes.refused(lane, reason);
    const value = refusal(name, reason, retryAfterMs, verdicts.lastFailure());
    if (events.wants("refused")) events.emit("refused", { ...value, reason, lane });
    tracing?.active()?.event("tidegate.refused", {
      "tidegate.gate": name,
      "tidegate.lane": lane,
      "tidegate.reason": reason,
      "tidegate.retry_after_ms": retryAfterMs,
    });
    if (reason === "nested" && once(`nesting in ${name}`)) {
      log.warn("gate.nested", { gate: name, lane, error: new Error("a call inside a call of the same gate and lane") });
    }
    return new Refused(value);
  };
  return { refused, episodes };
}
