/**
 * Connections that were at rest: before one is used again, the event loop reads what its server has said of it meanwhile.
 */
import type { Runtime } from "../runtime.ts";
import { sleep } from "../time.ts";

/**
 * At rest for longer than this, in milliseconds, a connection is listened to before it is used: the server may have ended
 * it while this process was frozen, or busy, and what it said lies unread.
 */
const LISTEN_AFTER_MS = 100;
/** In one turn of the event loop the last words are read, then the end, then the socket closes: four on Node, and to spare. */
const LISTEN_TURNS = 6;
/**
 * Elsewhere such a turn may pass without reading (Deno calls 64 tasks in one): at rest for longer than this, two timers are
 * waited for as well. They take some milliseconds, for which nobody cares who asks so seldom.
 */
const LISTEN_LONGER_AFTER_MS = 1_000;
const LISTEN_TIMERS = 2;

type Clocks = Pick<Runtime, "monotonicMs" | "wallMs">;

/** Since when it is idle, on the monotonic clock, which stands still while a machine sleeps, and on the wall's. */
export interface Rest {
  readonly atMs: number;
  readonly atWallMs: number;
}

export const restsNow = ({ monotonicMs, wallMs }: Clocks): Rest => ({ atMs: monotonicMs(), atWallMs: wallMs() });

function restMsOf({ atMs, atWallMs }: Rest, { monotonicMs, wallMs }: Clocks): number {
  return Math.max(monotonicMs() - atMs, Math.abs(wallMs() - atWallMs));
}

/** Whether {@link listenTo} would do anything. */
export const hasRested = (rest: Rest | undefined, runtime: Clocks): rest is Rest =>
  rest !== undefined && restMsOf(rest, runtime) > LISTEN_AFTER_MS;

/**
 * Lets the event loop read what the server has said of a connection that was idle for long; it may then be unfit.
 *
 * @param isFit it was not found to be ended yet.
 */
export async function listenTo(rest: Rest, runtime: Runtime, isFit: () => boolean): Promise<void> {
  const idleMs = restMsOf(rest, runtime);
  if (idleMs <= LISTEN_AFTER_MS) return;
  for (let turn = 0; turn < LISTEN_TURNS && isFit(); turn += 1) {
    await new Promise<void>((resolve) => runtime.endOfTurn(resolve));
  }
  if (idleMs <= LISTEN_LONGER_AFTER_MS) return;
  for (let timer = 0; timer < LISTEN_TIMERS && isFit(); timer += 1) await sleep(runtime, 0);
}
