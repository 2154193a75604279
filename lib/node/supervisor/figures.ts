/** One scrape for all workers: whoever is asked has the supervisor collect what the others have. */
import { createBounds } from "../../metrics/bounds.ts";
import { WORKER_STATES } from "../../metrics/catalogue-process.ts";
import { type Family, family, type SentFamily } from "../../metrics/family.ts";
import { lasting, merged } from "../../metrics/merged.ts";
import { isFigures } from "./heard-figures.ts";
import type { Member } from "./member.ts";

export interface Figures {
  /** What it has counted stays in the sums when it has ended. */
  readonly follow: (member: Member) => void;
  /** Of all workers, those that have ended included. @param own Those of the worker that asks. */
  readonly collect: (asking: Member, own: readonly SentFamily[]) => Promise<readonly SentFamily[]>;
}

export function createFigures(members: () => readonly Member[]): Figures {
  const bounded = createBounds();
  let ofThoseGone: readonly SentFamily[] = [];
  return {
    follow: (member) => {
      void member.ended.then(() => {
        ofThoseGone = merged([ofThoseGone, lasting(bounded(member.figures.last()))]);
      });
    },
    collect: async (asking, own) => {
      if (!isFigures(own)) return own;
      const others = members().filter((member) => member !== asking);
      const theirs = await Promise.all(
        others.map((member) => (listens(member) ? member.figures.fresh() : member.figures.last())),
      );
      // Who has ended meanwhile is among those gone by now.
      const living = new Set(members());
      const parts = theirs.filter((_, at) => living.has(others[at] as Member));
      return [...merged([...[own, ...parts].map(bounded), ofThoseGone]), workers([...living])];
    },
  };
}

/** One that starts does not yet, and one that stalls would only keep who scrapes waiting. */
const listens = (member: Member): boolean => ["ready", "draining"].includes(member.info().state);

const workers = (members: readonly Member[]): Family =>
  family(
    "tidegate_workers",
    WORKER_STATES.map((state) => ({
      labels: { state },
      value: members.filter((member) => member.info().state === state).length,
    })),
  );
