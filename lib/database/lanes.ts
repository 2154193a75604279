/** The lanes of one database, each with connections of its own, so that what is slow or saturated starves nothing else. */
import type { Lane } from "../gate/types.ts";
import type { Runtime } from "../runtime.ts";
import { withDeadline } from "../time.ts";
import type { Held } from "./connections.ts";
import { type ConnectionLane, connectionLane } from "./lane.ts";
import type { Database, DatabaseSettings, Execution, PoolState } from "./port.ts";

const DEFAULT_OVERFLOW_IDLE_MS = 10_000;
/** Connections that turn out no better than those they replace are not replaced again for so long. */
const OUTDATE_PAUSE_MS = 5_000;

export interface LanesPlan<Connection extends Held> {
  readonly settings: DatabaseSettings;
  /** How long a connection beyond `DB_POOL_SIZE` is kept idle, in milliseconds. */
  readonly overflowIdleMs: number | undefined;
  readonly runtime: Runtime;
  /**
   * Bounded by the connect timeout. `deadlineMs` is what statements on it usually have; `onLetIn` as
   * {@link ConnectionLane} needs it; `closing`, its own, is aborted when the grace of closing is over: what still runs or
   * connects is to end as `cancelled`.
   */
  connect(deadlineMs: number, onLetIn: () => void, closing: AbortSignal): Promise<Connection>;
}

export interface Lanes<Connection extends Held> extends Pick<Database, "pool" | "close"> {
  /** Runs `task` with a connection to itself, of the lane that `execution` names. */
  use<T>(execution: Execution, task: (connection: Connection) => Promise<T>): Promise<T>;
  /** All connections have become of no use, as after a failover: new ones take their place, at most every 5 s. */
  outdate(): void;
}

export function connectionLanes<Connection extends Held>(plan: LanesPlan<Connection>): Lanes<Connection> {
  const { settings, runtime } = plan;
  const closing = new AbortController();
  const lane = (steady: number, overflow: number, deadlineMs: number): ConnectionLane<Connection> =>
    connectionLane({
      steady,
      overflow,
      recycleMs: settings.poolRecycleMs,
      overflowIdleMs: plan.overflowIdleMs ?? DEFAULT_OVERFLOW_IDLE_MS,
      runtime,
      connect: (onLetIn) => plan.connect(deadlineMs, onLetIn, closing.signal),
    });
  const lanes: Readonly<Record<Lane, ConnectionLane<Connection>>> = {
    request: lane(settings.poolSize, settings.maxOverflow, settings.callTimeoutMs),
    slow: lane(settings.slowMaxConcurrent, 0, settings.slowCallTimeoutMs),
    health: lane(settings.healthPoolSize, 0, settings.callTimeoutMs),
  };
  const all = Object.values(lanes);
  let outdatedAt = Number.NEGATIVE_INFINITY;

  return {
    use: (execution, task) => lanes[execution.lane].use(execution, task),
    outdate: () => {
      const now = runtime.monotonicMs();
      if (now < outdatedAt + OUTDATE_PAUSE_MS) return;
      outdatedAt = now;
      for (const each of all) each.outdate();
    },
    pool: () => poolState(settings, lanes.request),
    close: async (graceMs = 0) => {
      const drained = Promise.all(all.map((each) => each.drain()));
      await withDeadline(drained, { ms: graceMs, runtime, refuse: () => undefined }).catch(() => {});
      closing.abort();
      await Promise.all(all.map((each) => each.destroy()));
      await drained;
      // Who waited for a statement hears of its end before who closes goes on, to the store of its permit say.
      await new Promise<void>((resolve) => runtime.endOfTurn(resolve));
    },
  };
}

/** The `request` lane alone: `slow` is isolated from the pool, and counting it in would hide a saturated one. */
function poolState(settings: DatabaseSettings, lane: Pick<ConnectionLane<Held>, "state">): PoolState {
  const state = lane.state();
  return {
    size: settings.poolSize,
    checkedOut: state.taken,
    checkedIn: state.idle,
    overflow: state.overflow,
    maxCapacity: settings.poolSize + settings.maxOverflow,
    waiting: state.waiting,
  };
}
