/** Looks at the ledger, for who wants to know how things stand and changes nothing. */
import type { Runtime } from "../runtime.ts";
import type { MaybePromise } from "../store/port.ts";
import { withDeadline } from "../time.ts";
import type { LedgerView } from "./ledger/types.ts";
import type { Ledger } from "./ledger-client.ts";

/** Who only looks is not kept waiting: the console looks again every 5 s, and sees what there is without the store. */
const LOOK_WITHIN_MS = 1_500;
/** Older than that a view says nothing about now. */
const RECENT_MS = 10_000;

export interface Looks {
  /** To be told whenever the ledger was heard of. */
  heard(): void;
  /** Rejects where the ledger cannot be asked. */
  ask(): Promise<unknown>;
  /** What the ledger says now; null where it does not. */
  view(): Promise<LedgerView | null>;
  /** At once where one of the last 10 s is at hand, as it is in an instance that is used; else as {@link view}. */
  recent(): MaybePromise<LedgerView | null>;
}

export interface LooksOptions {
  readonly ledger: Ledger;
  /** Requests may wait for each other's promises. */
  readonly sharesIo: boolean;
  readonly runtime: Runtime;
}

export function createLooks({ ledger, sharesIo, runtime }: LooksOptions): Looks {
  let heardAt = Number.NEGATIVE_INFINITY;
  /** Two at once are in each other's way, and the request that asks for figures is one of those that look. */
  let asking: Promise<unknown> | null = null;
  const known = () => (runtime.monotonicMs() - heardAt <= RECENT_MS ? ledger.last() : null);
  const view = () =>
    ledger.send({ kind: "look" }, LOOK_WITHIN_MS).then(
      (reply) => reply.view,
      () => null,
    );
  return {
    heard: () => {
      heardAt = runtime.monotonicMs();
    },
    ask: () => {
      const own = ledger.send({ kind: "look" }).finally(() => {
        if (asking === own) asking = null;
      });
      if (sharesIo) asking = own;
      return own;
    },
    view,
    recent: () => {
      const refuse = () => new Error("wait for a look at the ledger: it takes longer than a reader waits");
      if (asking === null) return known() ?? view();
      return known() ?? withDeadline(asking, { ms: LOOK_WITHIN_MS, runtime, refuse }).then(known, known);
    },
  };
}
