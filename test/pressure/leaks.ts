/** What could be left behind, counted: listeners on signals, resources of the process, memory. */
import { getEventListeners } from "node:events";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

export interface ListenerWatch {
  /** Listeners on signals that are still reachable and may still abort. */
  left(): number;
  stop(): void;
}

/** From now on, every signal that somebody listens to. */
export function watchListeners(): ListenerWatch {
  const signals = new Set<WeakRef<AbortSignal>>();
  const { prototype } = AbortSignal;
  const listen = prototype.addEventListener;
  prototype.addEventListener = function (this: AbortSignal, ...given: Parameters<typeof listen>) {
    signals.add(new WeakRef(this));
    listen.apply(this, given);
  };
  return {
    left: () => {
      const living = new Set([...signals].flatMap((each) => each.deref() ?? []).filter(({ aborted }) => !aborted));
      return [...living].reduce((sum, signal) => sum + getEventListeners(signal, "abort").length, 0);
    },
    stop: () => {
      prototype.addEventListener = listen;
    },
  };
}

/** Of the process, by type. */
export function resources(): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const type of process.getActiveResourcesInfo()) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}

/** In use after a collection of everything, in MB. */
export function heapMb(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  collect();
  return process.memoryUsage().heapUsed / 2 ** 20;
}
