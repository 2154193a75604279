/** The rolling reload: place by place, a new worker is ready before the old one drains. */
import type { EventLog } from "../../log/events.ts";
import type { Runtime } from "../../runtime.ts";
import type { ReloadRefusal, ReloadRequest, ReloadResult } from "../messages.ts";
import type { Crew, Place } from "./crew.ts";

const RESULTS_KEPT = 20;

export interface ReloadsOptions {
  readonly crew: Crew;
  /** Longest that a worker which was replaced may go on answering. */
  readonly drainMs: number;
  readonly onEnded: (result: ReloadResult) => void;
  readonly runtime: Runtime;
  readonly log: EventLog;
}

export type BegunReload =
  | ReloadRefusal
  /** `ended` never rejects. */
  | { readonly kind: "accepted"; readonly id: string; readonly ended: Promise<ReloadResult> };

export interface Reloads {
  /** One at a time. `places`: all unless given. */
  begin(request: ReloadRequest, places?: readonly Place[]): BegunReload;
  rolling(): string | null;
  results(): readonly ReloadResult[];
  /** The one under way stops where it is; no other begins. */
  stop(): void;
}

export function createReloads({ crew, drainMs, onEnded, runtime, log }: ReloadsOptions): Reloads {
  const results: ReloadResult[] = [];
  let rolling: string | null = null;
  let stopping = false;

  const replace = async (place: Place) => {
    // One that fell is coming back, perhaps from before what this reload is for.
    await place.filling?.catch(() => {});
    const { previous } = await crew.fill(place);
    return previous;
  };

  const roll = async (id: string, reason: string, places: readonly Place[]): Promise<ReloadResult> => {
    const begunAt = runtime.monotonicMs();
    let replaced = 0;
    let because: string | null = null;
    log.info("reload.begun", { id, reason, workers: places.length });
    try {
      for (const place of places) {
        const previous = await replace(place);
        replaced += 1;
        await previous?.retire(drainMs);
      }
    } catch (error) {
      because = stopping ? "the supervisor is stopping" : (error as Error).message;
    }
    const tookMs = Math.round(runtime.monotonicMs() - begunAt);
    const said = { id, reason, replaced, took_ms: tookMs };
    if (because === null) log.info("reload.done", said);
    else log.error("reload.stopped", { ...said, because });
    return { kind: because === null ? "done" : "stopped", id, reason, replaced, because, tookMs };
  };

  return {
    begin: ({ id = runtime.uuid(), reason }, places = crew.places) => {
      if (stopping || rolling !== null) {
        const because = stopping ? "stopping" : "rolling";
        log.warn("reload.refused", { id, reason, because });
        return { kind: "refused", because };
      }
      rolling = id;
      const ended = roll(id, reason, places).then((result) => {
        rolling = null;
        results.push(result);
        results.splice(0, results.length - RESULTS_KEPT);
        onEnded(result);
        return result;
      });
      return { kind: "accepted", id, ended };
    },
    rolling: () => rolling,
    results: () => [...results],
    stop: () => {
      stopping = true;
    },
  };
}
