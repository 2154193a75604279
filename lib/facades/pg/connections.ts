/**
 * Connections of the pool, one for each call that has a permit. Those who have to wait stand here and not in the pool,
 * whose line nobody can leave: so it never has more of them than it has connections.
 */
import { createQueue, exhausted } from "../../database/queue.ts";
import type { Runtime } from "../../runtime.ts";
import { arrivedInTime } from "../arrival.ts";
import type { Lines, Wanted } from "../permits.ts";
import type { RawPool } from "./driver.ts";
import { isLateTimeout, whileConnecting } from "./errors.ts";
import { PgLine } from "./line.ts";
import { endedError, hasEnded, noteRest, watch } from "./resting.ts";

/** The pool's own default. */
const DEFAULT_MAX = 10;
/** What an opening has at least, or it would say more about a caller whose wait is over than about the server. */
const SHORTEST_OPENING_MS = 500;

export interface Connections extends Lines<PgLine> {
  waiting(): number;
  /** Turns away who waits and who comes. */
  close(): void;
}

export function connectionsOf(pool: RawPool, runtime: Runtime): Connections {
  const queue = createQueue<true>(runtime);
  /** Of the places that the pool has, those that a call here has, or had when it left while its connection was opened. */
  let taken = 0;
  let opening = 0;

  function vacate(): void {
    if (!queue.serve(true)) taken -= 1;
  }
  /** Null where nobody knows, and for one that was ended while it was at rest: the place is kept for another. */
  function arriving(isOpening: boolean): Promise<PgLine | null> {
    if (isOpening) opening += 1;
    const sinceMs = runtime.monotonicMs();
    return new Promise((resolve, reject) => {
      const failed = (error: unknown) => {
        if (!pool.ending && isLateTimeout(error, pool.options, sinceMs, runtime)) return resolve(null);
        vacate();
        reject(pool.ending ? error : whileConnecting(error));
      };
      connected(pool, (error, client, release) => {
        if (isOpening) opening -= 1;
        if (client === undefined || error) return failed(error);
        watch(client);
        const back = (because: unknown) => {
          if (!because) noteRest(client, runtime);
          release(because);
          vacate();
        };
        const line = new PgLine(client, back, pool.options, runtime);
        const isOver = hasEnded(client, runtime);
        if (!isOver) return resolve(line);
        isOver.then((isGone) => {
          if (isGone) release(endedError());
          resolve(isGone ? null : line);
        }, reject);
      });
    });
  }

  async function placed(wanted: Wanted): Promise<PgLine> {
    for (;;) {
      const isOpening = pool.idleCount === 0;
      // One that is free comes in this very turn.
      const isFree = !isOpening && pool.waitingCount === 0;
      const line = await (isFree ? arriving(false) : awaited(wanted, isOpening));
      if (line) return line;
    }
  }
  function awaited({ call, connectBy }: Wanted, isOpening: boolean): Promise<PgLine | null> {
    const { signal } = call;
    const leftMs = connectBy - runtime.monotonicMs();
    const connection = arriving(isOpening);
    const nobodyAnswers = () => isOpening && pool.totalCount <= opening;
    const ms = isOpening ? Math.max(SHORTEST_OPENING_MS, leftMs) : leftMs;
    const unwanted = (line: PgLine | null) => (line ? line.back(undefined) : vacate());
    return arrivedInTime(connection, { ms, signal, runtime, nobodyAnswers, unwanted });
  }

  return {
    take: (wanted) => {
      const { lane, call, connectBy } = wanted;
      if (taken >= (pool.options.max ?? DEFAULT_MAX)) {
        const { signal } = call;
        return queue.wait({ lane, signal, by: connectBy, late: exhausted }).then(() => placed(wanted));
      }
      taken += 1;
      return placed(wanted);
    },
    // What the pool says of itself once it was ended is known for what it is without that.
    classify: () => undefined,
    waiting: queue.size,
    close: () => queue.close(),
  };
}

/** A client that cannot even be made, since a file for TLS is not there say, is told as one that cannot connect. */
function connected(pool: RawPool, told: Parameters<RawPool["connect"]>[0] & {}): void {
  try {
    pool.connect(told);
  } catch (error) {
    told(error, undefined, () => {});
  }
}
