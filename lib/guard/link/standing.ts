/** What an instance holds: permits and places, and at which gate. */
import type { Adopt } from "../../gate/commands.ts";
import type { Lane } from "../../gate/types.ts";
import type { Runtime } from "../../runtime.ts";

/** `local`: of the instance's own share; `both`: of that share, and adopted by the shared gate since. */
export type Home = "shared" | "local" | "both";

export interface Holding {
  readonly lane: Lane;
  home: Home;
  readonly permit: boolean;
  readonly probe: boolean;
  /** On the monotonic clock: when it has ended by itself at the latest. */
  readonly until: number;
}

export interface Standing {
  readonly hold: (id: string, holding: Holding) => void;
  readonly end: (id: string) => Holding | undefined;
  readonly homeOf: (id: string) => Home | undefined;
  /** Permits of the shared gate alone that this instance still runs in a lane. */
  readonly shared: (lane: Lane) => number;
  /** Anything at the shared gate, which wants to hear of its holders. */
  readonly atShared: () => boolean;
  /** Permits of its own share. */
  readonly atLocal: () => boolean;
  /** Every living permit, as a new life is told of it. From now on the shared gate is told of their ends too. */
  readonly adoptable: () => Adopt["permits"];
}

export function createStanding(runtime: Runtime): Standing {
  // As many as the capacity and the waiters of one instance; looked through only where the store is lost or silent.
  const holdings = new Map<string, Holding>();
  const some = (matches: (holding: Holding) => boolean) => [...holdings.values()].some(matches);
  return {
    hold: (id, holding) => {
      holdings.set(id, holding);
    },
    end: (id) => {
      const holding = holdings.get(id);
      holdings.delete(id);
      return holding;
    },
    homeOf: (id) => holdings.get(id)?.home,
    shared: (lane) => {
      let count = 0;
      for (const { permit, home, lane: other } of holdings.values()) {
        if (permit && home === "shared" && other === lane) count += 1;
      }
      return count;
    },
    atShared: () => some(({ home }) => home !== "local"),
    atLocal: () => some(({ permit, home }) => permit && home !== "shared"),
    adoptable: () => {
      const now = runtime.monotonicMs();
      return [...holdings].flatMap(([id, holding]) => {
        const remainingMs = Math.floor(holding.until - now);
        if (!holding.permit || remainingMs <= 0) return [];
        if (holding.home === "local") holding.home = "both";
        return [{ id, lane: holding.lane, remainingMs }];
      });
    },
  };
}
