/** Where a memo's claims are decided: in the store that the fleet shares, and while that is away in this instance. */
import { transmit } from "../guard/gate-client/transmit.ts";
import type { Runtime } from "../runtime.ts";
import type { Store } from "../store/port.ts";
import { type ClaimCommand, type ClaimReply, claimMachine, claimStep, emptyClaim } from "./computation-claim.ts";

/** A store that did not answer is not asked again sooner. */
const TRY_AGAIN_MS = 500;

/** For whom a value is computed. */
export type Scope = "fleet" | "instance";

export interface Asked {
  readonly reply: ClaimReply;
  readonly scope: Scope;
}

export interface Tier {
  /**
   * Never rejects, and takes the store's deadline at most.
   *
   * @param scope Whom to ask; default: the fleet where it can be asked, else the instance.
   */
  ask(command: ClaimCommand, scope?: Scope): Promise<Asked>;
}

export interface TierOptions {
  readonly store: Pick<Store, "transact">;
  /** Under which the store keeps it. */
  readonly key: string;
  /** Longest a call to the store may take. */
  readonly deadlineMs: number;
  /** Whether the store is worth asking, as far as is known without asking. */
  readonly reachable: () => boolean;
  /** Milliseconds that only grow. */
  readonly elapsedMs: () => number;
  readonly runtime: Runtime;
}

export function createTier({ store, key, deadlineMs, reachable, elapsedMs, runtime }: TierOptions): Tier {
  const own = emptyClaim();
  let tryAgainAt = Number.NEGATIVE_INFINITY;

  const askShared = (command: ClaimCommand) =>
    new Promise<ClaimReply | null>((resolve) => {
      const failed = () => {
        tryAgainAt = elapsedMs() + TRY_AGAIN_MS;
        resolve(null);
      };
      transmit(runtime, deadlineMs, () => store.transact(claimMachine, key, command), { answered: resolve, failed });
    });
  const askOwn = (command: ClaimCommand): Asked => ({
    reply: claimStep(own, command, Math.floor(elapsedMs())),
    scope: "instance",
  });

  return {
    ask: async (command, scope) => {
      if (scope === "instance") return askOwn(command);
      const worthIt = scope === "fleet" || (reachable() && elapsedMs() >= tryAgainAt);
      const reply = worthIt ? await askShared(command) : null;
      if (reply) return { reply, scope: "fleet" };
      return scope === "fleet" ? { reply: { kind: "late" }, scope } : askOwn(command);
    },
  };
}
