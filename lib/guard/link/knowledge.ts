/** What an instance knows of the shared gate: enough to refuse from memory, to go on without it, and to bring it back. */
import type { Adopt } from "../../gate/commands.ts";
import type { AdmitReply, BatchReply, GateView } from "../../gate/replies.ts";
import type { Runtime } from "../../runtime.ts";

/** A refusal by an open breaker is repeated from memory for so long, so that an override is seen within a second. */
const REMEMBER_MS = 1_000;
/** How often an instance counts the others. */
const LOOK_AGAIN_MS = 30_000;

type Known = Extract<BatchReply, { known: true }>;
type Refused = Extract<AdmitReply, { kind: "refused" }>;
type Numbers = Pick<Known, "generation" | "overrideVersion">;

export interface Knowledge {
  /** Something in the gate has changed since the last look, or that is long ago. */
  readonly lookIsDue: () => boolean;
  /** A look is under way, or was lost. */
  readonly lookIs: (state: "under way" | "lost") => void;
  readonly heard: (reply: Known) => void;
  readonly looked: (view: GateView, sentAt: number) => void;
  readonly refused: (reply: Refused, sentAt: number) => void;
  /**
   * The refusal that the gate would repeat; null where it has to be asked.
   * @param away It cannot be asked: what is known counts for as long as it was to last.
   */
  readonly refusal: (away: boolean) => Refused | null;
  /** Instances seen, and this one's place among them; null where that was never heard. */
  readonly fleet: () => { readonly n: number; readonly rank: number } | null;
  /** For a gate that has lost its data. */
  readonly adoption: (permits: Adopt["permits"]) => Adopt;
}

export function createKnowledge(runtime: Runtime): Knowledge {
  let heard: Numbers | null = null;
  let looked: Numbers | null = null;
  let lookAgainAt = 0;
  let fleet: { n: number; rank: number } | null = null;
  let open: { readonly reason: "open" | "forced"; readonly until: number; readonly since: number } | null = null;
  let override: (NonNullable<Adopt["override"]> & { readonly until: number }) | null = null;

  const same = (one: Numbers | null, other: Numbers | null) =>
    one?.generation === other?.generation && one?.overrideVersion === other?.overrideVersion;
  const leftMs = (until: number) => Math.ceil(until - runtime.monotonicMs());

  return {
    lookIsDue: () => heard !== null && (!same(heard, looked) || runtime.monotonicMs() >= lookAgainAt),
    lookIs: (state) => {
      looked = state === "lost" ? null : heard;
      lookAgainAt = runtime.monotonicMs() + LOOK_AGAIN_MS;
    },
    heard: ({ generation, overrideVersion }) => {
      const numbers = { generation, overrideVersion };
      // They only grow: what is behind was overtaken on its way.
      if (heard && (generation < heard.generation || overrideVersion < heard.overrideVersion)) return;
      if (!same(numbers, heard)) open = null;
      heard = numbers;
    },
    looked: ({ breaker, override: ruling, n, rank }, sentAt) => {
      fleet = { n, rank };
      override = ruling && { ...ruling, until: sentAt + ruling.remainingMs };
      const reason = ruling?.mode === "force_open" ? "forced" : "open";
      open = breaker.openMs > 0 ? { reason, until: sentAt + breaker.openMs, since: sentAt } : null;
    },
    refused: ({ reason, retryAfterMs }, sentAt) => {
      if (reason === "open" || reason === "forced") open = { reason, until: sentAt + retryAfterMs, since: sentAt };
    },
    refusal: (away) => {
      if (!open) return null;
      const { reason, until, since } = open;
      const retryAfterMs = leftMs(until);
      if (retryAfterMs <= 0 || (!away && runtime.monotonicMs() >= since + REMEMBER_MS)) return null;
      return { kind: "refused", reason, retryAfterMs };
    },
    fleet: () => fleet,
    adoption: (permits) => {
      const openMs = open?.reason === "open" && leftMs(open.until) > 0 ? leftMs(open.until) : null;
      const remainingMs = override ? leftMs(override.until) : 0;
      if (!override || remainingMs <= 0) return { kind: "adopt", permits, openMs, override: null };
      const { mode, actor, reason } = override;
      return { kind: "adopt", permits, openMs, override: { mode, remainingMs, actor, reason } };
    },
  };
}
