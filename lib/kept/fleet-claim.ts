/** One of the fleet asks the source, the others wait for its answer: at most for a set time, then they ask themselves. */
import type { Runtime, Timer } from "../runtime.ts";
import type { MaybePromise, Store } from "../store/port.ts";
import { sleep } from "../time.ts";
import { type ClaimMessage, type ClaimResult, claimMachine } from "./claim.ts";

/** Beyond it another takes the place of one that does not answer. */
const CLAIM_MS = 4_000;
/** Longest wait for the answer of another: one that died, and then one that has taken its place. */
const WAIT_MS = CLAIM_MS + 6_000;
/** Of a source that takes longer than a claim, its holder says that it still asks. */
const RENEW_EVERY_MS = CLAIM_MS / 2;
/** Longer than a statement may take by default, in the slow lane. */
const LONGEST_RENEWED_MS = 300_000;
/** A store that is away is not asked by every caller. */
const AWAY_MS = 1_000;
/** Between looks: the first, then twice as long each time. */
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 80;

/** Asks for all, and is believed to for as long as it is there. */
export interface Lead {
  /** Never rejects. */
  release(isKept: boolean): Promise<void>;
}

/**
 * `done`: another has asked, and kept the answer. `alone`: ask, whoever else may do so. `busy`: the same, while another
 * still does.
 */
export type Claimed = Lead | "done" | "alone" | "busy";

export interface FleetClaim {
  /** @throws The reason of `signal`. */
  enter(key: string, signal: AbortSignal): Promise<Claimed>;
}

export interface FleetClaimOptions {
  readonly store: Store;
  /** Of all claims in the store. */
  readonly prefix: string;
  readonly runtime: Runtime;
}

export function createFleetClaim({ store, prefix, runtime }: FleetClaimOptions): FleetClaim {
  let awayUntil = Number.NEGATIVE_INFINITY;
  const say = (key: string, message: ClaimMessage): MaybePromise<ClaimResult> =>
    store.transact(claimMachine, `${prefix}:claim:${key}`, message);
  /** What is lost of it ends by itself, or is said again. */
  const tell = async (key: string, message: ClaimMessage): Promise<void> => {
    try {
      await say(key, message);
    } catch {
      // A store that is away.
    }
  };

  const leading = (key: string, holder: string): Lead => {
    const until = runtime.monotonicMs() + LONGEST_RENEWED_MS;
    let timer: Timer;
    const renewLater = () => {
      timer = runtime.setTimer(() => {
        if (runtime.monotonicMs() >= until) return;
        void tell(key, { kind: "renew", holder, claimMs: CLAIM_MS });
        renewLater();
      }, RENEW_EVERY_MS);
    };
    renewLater();
    return {
      release: (isKept) => {
        runtime.clearTimer(timer);
        return tell(key, { kind: "release", holder, isKept });
      },
    };
  };

  return {
    enter: async (key, signal) => {
      const since = runtime.monotonicMs();
      if (since < awayUntil) return "alone";
      // Of this call: where requests must not wait for each other, an instance has several.
      const holder = runtime.uuid();
      for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
        const waitedMs = Math.ceil(runtime.monotonicMs() - since);
        if (waitedMs >= WAIT_MS) return "busy";
        try {
          const { kind } = await say(key, { kind: "claim", holder, claimMs: CLAIM_MS, waitedMs });
          if (kind === "yours") return leading(key, holder);
          if (kind !== "taken") return kind === "done" ? "done" : "alone";
        } catch {
          // A store that is away keeps nobody from asking.
          awayUntil = runtime.monotonicMs() + AWAY_MS;
          return "alone";
        }
        await sleep(runtime, pauseMs, signal);
      }
    },
  };
}
