/**
 * The connections that one lane is opening: one for each caller in line, as far as there is room, and for whoever is
 * first in line by then.
 */
import type { Runtime, Timer } from "../runtime.ts";
import type { Connections, Held } from "./connections.ts";
import type { DatabaseError } from "./port.ts";

/** A server without room is not asked again for so long, while there are connections to wait for. */
const FULL_SERVER_PAUSE_MS = 1_000;

export interface OpeningsPlan<Connection extends Held> {
  readonly steady: number;
  readonly overflow: number;
  readonly runtime: Runtime;
  /**
   * Bounded by the driver. Rejects with a {@link DatabaseError} and nothing else. Calls `onLetIn` when a pooler has let
   * it in, so that whatever it waits for from then on is not a pooler that is gone.
   */
  connect(onLetIn: () => void): Promise<Connection>;
}

/** What becomes of an opening. */
export interface OpeningsEnd<Connection> {
  opened(connection: Connection): void;
  /** Not told of a server without room, while there are connections to wait for. */
  refused(error: DatabaseError): void;
  /** After either, and when there may be room again. */
  changed(): void;
}

export function createOpenings<Connection extends Held>(
  { steady, overflow, runtime, connect }: OpeningsPlan<Connection>,
  connections: Pick<Connections<Connection>, "size" | "leaving">,
  end: OpeningsEnd<Connection>,
) {
  const underWay = new Set<{ letIn: boolean }>();
  let pausedUntil = 0;
  let pauseTimer: Timer;
  let closed = false;

  function mayOpen(): boolean {
    if (closed || connections.size() + underWay.size + connections.leaving() >= steady + overflow) return false;
    return connections.size() === 0 || runtime.monotonicMs() >= pausedUntil;
  }

  function pause(): void {
    pausedUntil = runtime.monotonicMs() + FULL_SERVER_PAUSE_MS;
    runtime.clearTimer(pauseTimer);
    pauseTimer = runtime.setTimer(end.changed, FULL_SERVER_PAUSE_MS);
  }

  function openOne(): void {
    const opening = { letIn: false };
    underWay.add(opening);
    const onLetIn = () => {
      opening.letIn = true;
    };
    connect(onLetIn).then(
      (connection) => {
        underWay.delete(opening);
        end.opened(connection);
        end.changed();
      },
      (error: DatabaseError) => {
        underWay.delete(opening);
        if (error.fault === "exhausted" && connections.size() > 0 && !closed) pause();
        else end.refused(error);
        end.changed();
      },
    );
  }

  return {
    size: (): number => underWay.size,
    mayOpen,
    /** Begins what callers in line have none under way for. */
    begin: (inLine: number): void => {
      while (inLine > underWay.size && mayOpen()) openOne();
    },
    /** Connections that are open, or being waited for in a pooler, are merely busy. */
    nobodyAnswers: (): boolean => connections.size() === 0 && [...underWay].some(({ letIn }) => !letIn),
    /** Begins no more. */
    close: (): void => {
      closed = true;
    },
    /** Takes its timer down. */
    clear: (): void => runtime.clearTimer(pauseTimer),
  };
}
