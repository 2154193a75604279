/** The places that workers fill. Whoever falls is replaced, with pauses that grow. */
import type { EventLog } from "../../log/events.ts";
import { type Backoff, createBackoff } from "./backoff.ts";
import type { Member } from "./member.ts";

export interface Place {
  /** Who serves here; null while nobody does. */
  current: Member | null;
  /** Somebody is coming up here. */
  filling: Promise<unknown> | null;
  again: NodeJS.Timeout | undefined;
  readonly backoff: Backoff;
}

export interface CrewOptions {
  readonly size: number;
  readonly start: () => Member;
  /** A starting worker that was given up may take this long to end. */
  readonly stopWithinMs: number;
  readonly random: () => number;
  readonly log: EventLog;
}

export interface Crew {
  readonly places: readonly Place[];
  /** Every worker that lives: also those that come up, and those that drain. */
  members(): readonly Member[];
  /**
   * Starts a worker and gives it the place once it is ready. Whoever had the place serves until then.
   *
   * @returns Who had the place, still alive. @throws Error when the new one does not come up; nothing has changed then.
   */
  fill(place: Place): Promise<{ readonly url: string; readonly previous: Member | null }>;
  /** Nobody is replaced from now on; all end. */
  stop(withinMs: number): Promise<void>;
}

export function createCrew({ size, start, stopWithinMs, random, log }: CrewOptions): Crew {
  const members = new Set<Member>();
  let stopping = false;
  const places = Array.from(
    { length: size },
    (): Place => ({ current: null, filling: null, again: undefined, backoff: createBackoff(random) }),
  );

  /** Before the first has come up, nothing is tried again: the start has failed. */
  let opened = false;

  const fall = (place: Place, livedMs: number, why: { worker_pid?: number; because: string }) => {
    if (stopping || !opened) return;
    const { delayMs, inARow, loopBegins } = place.backoff(livedMs);
    log.warn("worker.fell", { ...why, in_a_row: inARow, again_in_ms: delayMs });
    if (loopBegins) log.error("worker.loop", { because: why.because, in_a_row: inARow });
    clearTimeout(place.again);
    place.again = setTimeout(() => void fill(place).catch(() => {}), delayMs);
  };

  const bringUp = async (place: Place) => {
    if (stopping) throw new Error("supervisor: it must not be stopping to start a worker, and is");
    clearTimeout(place.again);
    const fresh = start();
    members.add(fresh);
    void fresh.ended.then((because) => {
      members.delete(fresh);
      if (place.current !== fresh) return;
      place.current = null;
      // Somebody is coming up here already.
      if (!place.filling) fall(place, fresh.livedMs(), { worker_pid: fresh.info().pid, because });
    });
    try {
      const url = await fresh.ready;
      const previous = place.current;
      place.current = fresh;
      opened = true;
      log.info("worker.ready", { worker_pid: fresh.info().pid, took_ms: Math.round(fresh.livedMs()) });
      return { url, previous };
    } catch (error) {
      await fresh.stop(stopWithinMs);
      throw error;
    }
  };

  const fill: Crew["fill"] = async (place) => {
    const filling = bringUp(place);
    place.filling = filling;
    try {
      return await filling;
    } catch (error) {
      // Whoever had it may have fallen meanwhile.
      if (!place.current) fall(place, 0, { because: (error as Error).message });
      throw error;
    } finally {
      place.filling = null;
    }
  };

  return {
    places,
    members: () => [...members],
    fill,
    stop: async (withinMs) => {
      stopping = true;
      for (const place of places) clearTimeout(place.again);
      await Promise.all([...members].map((member) => member.stop(withinMs)));
    },
  };
}
