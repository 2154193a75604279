/**
 * Connections of the driver's pool, one for each call that has a permit, reserved for as long. Those who have to wait
 * stand here and not in the driver, whose line nobody can leave.
 */
import { toPostgresError } from "../../database/postgres/errors.ts";
import { createQueue, exhausted } from "../../database/queue.ts";
import { fieldOf } from "../../errors.ts";
import type { Runtime } from "../../runtime.ts";
import { arrivedInTime } from "../arrival.ts";
import type { Wanted } from "../permits.ts";
import type { RawSql } from "./driver.ts";
import { type LinePool, ReservedLine } from "./line.ts";
import { openingsOf, type Reserved } from "./openings.ts";

/** What an opening has at least, or it would say more about a caller whose wait is over than about the server. */
const SHORTEST_OPENING_MS = 500;

export interface Counts {
  readonly max: number;
  readonly taken: number;
  readonly free: number;
  readonly waiting: number;
}

export interface Connections {
  /** @throws DatabaseError where there is none in time; the driver's own error once it was ended. */
  take(wanted: Wanted): Promise<ReservedLine> | ReservedLine;
  counts(): Counts;
  /** Turns away who waits and who comes, and has the driver end what is there. */
  close(end: () => Promise<void>): Promise<void>;
  isClosed(): boolean;
}

export const isEnded = (error: unknown): boolean => fieldOf(error, "code") === "CONNECTION_ENDED";

export function connectionsOf(raw: RawSql, runtime: Runtime): Connections {
  const { options } = raw;
  const max = Number(options.max);
  const queue = createQueue<true>(runtime);
  const openings = openingsOf(raw, runtime);
  const lines = new Map<number, ReservedLine>();
  const { onclose } = options;
  options.onclose = (id) => {
    lines.get(id)?.closed();
    onclose?.(id);
  };
  /** Of the places that the pool has, those of calls, and of such as left while their connection was opened. */
  let taken = 0;
  let isClosed = false;

  function vacate(): void {
    if (!queue.serve(true)) taken -= 1;
  }
  const pool: LinePool = {
    raw,
    lines,
    vacate,
    get isClosed() {
      return isClosed;
    },
  };
  async function arriving(reserved: Promise<Reserved>): Promise<ReservedLine> {
    try {
      return new ReservedLine(await reserved, pool);
    } catch (error) {
      vacate();
      throw isClosed || isEnded(error) ? error : toPostgresError(error, "connecting");
    }
  }
  /** While others are served, it is no news of the server that one connection cannot be had. */
  const nobodyAnswers = () => taken <= openings.underWay() && openings.free() === 0;
  /** Its caller waits for it so long, and it comes all the same, and serves who is next. */
  function awaited(arrives: Promise<ReservedLine>, { call, connectBy }: Wanted): Promise<ReservedLine> {
    const { signal } = call;
    const ms = Math.max(SHORTEST_OPENING_MS, connectBy - runtime.monotonicMs());
    const unwanted = (line: ReservedLine) => line.back(undefined);
    return arrivedInTime(arrives, { ms, signal, runtime, nobodyAnswers, unwanted });
  }

  function placed(wanted: Wanted): Promise<ReservedLine> | ReservedLine {
    const reserved = openings.reserve();
    return reserved instanceof Promise ? awaited(arriving(reserved), wanted) : new ReservedLine(reserved, pool);
  }

  return {
    take: (wanted) => {
      const { lane, call, connectBy } = wanted;
      if (taken >= max) {
        const { signal } = call;
        return queue.wait({ lane, signal, by: connectBy, late: exhausted }).then(() => placed(wanted));
      }
      taken += 1;
      return placed(wanted);
    },
    counts: () => ({ max, taken, free: openings.free(), waiting: queue.size() }),
    close: (end) => {
      isClosed = true;
      queue.close();
      const ended = end();
      // It begins a turn later.
      queueMicrotask(() => queueMicrotask(() => openings.end((id) => lines.has(id))));
      return ended;
    },
    isClosed: () => isClosed,
  };
}
