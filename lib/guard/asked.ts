/** What a call is asked with, as far as it can be wrong: lane, deadline and wait. */
import { LANES, type Lane } from "../gate/types.ts";

export interface Asked {
  readonly name: string;
  readonly lane: Lane;
  readonly deadlineMs: number;
  readonly waitMs: number;
  readonly capacity: number | undefined;
}

/** Null where a call may be asked for so. */
export function askedWrongly({ name, lane, deadlineMs, waitMs, capacity }: Asked): RangeError | null {
  if (!LANES.includes(lane)) {
    const may = LANES.join(", ");
    return new RangeError(`guard: lane must be one of ${may}, was ${String(lane)}; leave it out for request`);
  }
  if (capacity === 0) {
    return new RangeError(
      `guard: gate "${name}" has no lane ${lane}; say lanes: { ${lane}: { capacity } } with its options`,
    );
  }
  if (!(deadlineMs > 0)) {
    return new RangeError(
      `guard: deadlineMs must be more than 0, was ${deadlineMs}; leave it out for the lane's own deadline`,
    );
  }
  if (!(waitMs >= 0)) {
    return new RangeError(`guard: waitMs must be 0 or more, was ${waitMs}; leave it out for the gate's own wait`);
  }
  return null;
}
