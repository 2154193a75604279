/** The ids of an instance: they only count up, and say below which of them everything is answered or given up. */
import type { Runtime } from "../../runtime.ts";

export interface Ids {
  /** The instance's name at every gate. */
  readonly session: string;
  /** An id that no admit of this instance has had; unanswered from now on. */
  readonly fresh: () => string;
  /** Answered, or given up for good. */
  readonly done: (id: string) => void;
  /** Every admit below it is answered or given up. */
  readonly doneBelow: () => number;
  /** Above every id but those of these that are unanswered: all others count as given up. */
  readonly doneBut: (ids: readonly string[]) => number;
  readonly numberOf: (id: string) => number;
}

export function createIds(runtime: Runtime): Ids {
  // Made when it is first needed: module scope has no chance on Workers.
  let made: string | undefined;
  const session = () => {
    made ??= runtime.uuid().replaceAll("-", "");
    return made;
  };
  // In the order in which they were given out, which is their own.
  const unanswered = new Set<number>();
  let last = 0;
  const numberOf = (id: string) => Number(id.slice(session().length + 1));
  return {
    get session() {
      return session();
    },
    fresh: () => {
      unanswered.add(++last);
      return `${session()}.${last}`;
    },
    done: (id) => {
      unanswered.delete(numberOf(id));
    },
    doneBelow: () => unanswered.values().next().value ?? last + 1,
    doneBut: (asked) => Math.min(last + 1, ...asked.map(numberOf).filter((n) => unanswered.has(n))),
    numberOf,
  };
}
