/**
 * The words of the ledger: the shared record of restarts. Everything is plain data; times are whole milliseconds of the
 * store's clock.
 *
 * Map of this folder: `types` (this file) and `attempt`, `policy` judges, `refused` counts who was not let, `time` lets it pass, `step`
 * is the machine; `saved` reads what is stored. All of it is pure: it is given the time, and does no I/O.
 */

import type { Attempt, KeptRefused, Login, Refused } from "./attempt.ts";

/** The rules in force for one message; the ledger stores none of it. */
export interface LedgerRules {
  /** Shortest time from the end of one restart to the beginning of the next. */
  readonly cooldownMs: number;
  /** Restarts in the window before a human must override. */
  readonly retryBudget: number;
  readonly windowMs: number;
  /** Restarts in the window that are churn. */
  readonly churnThreshold: number;
  /** An exceeded budget or churn blocks; else both are only shown. */
  readonly guarded: boolean;
  /** Longest that a permit stays out after its holder has ended. */
  readonly longestPermitMs: number;
}

export type RestartSource = "auto" | "manual";

/** `cooldown` and `blocked` may both hold; it is `blocked` then. */
export type PolicyName = "allowed" | "cooldown" | "blocked";

/** Why a restart is blocked: the budget, the churn, or a ledger that has lost its history, or parts of it. */
export type BlockReason = "budget" | "churn" | "reborn" | "damaged";

export interface Policy {
  readonly state: PolicyName;
  /** 0 unless cooling down. */
  readonly cooldownRemainingMs: number;
  /** Null unless blocked. */
  readonly blockedBy: BlockReason | null;
  readonly attemptsInWindow: number;
  /** When the last restart that counts was over; null where there is none. */
  readonly lastCompletedAt: number | null;
}

/** What a platform makes of a restart. */
export interface Deployment {
  /** By which the platform knows it. */
  readonly id: string;
  /** Where people see it; null where there is no such page. */
  readonly url: string | null;
  /** In the platform's own words. */
  readonly status: string | null;
}

/** What became of a deployment, as its platform says. */
export interface Progress {
  /** As it is now. */
  readonly deployment: Deployment;
  /** Whether it is over, and how. */
  readonly state: "running" | "succeeded" | "failed";
}

/** How a restart that was fired has ended. */
export type RestartOutcome = "executed" | "failed";
/**
 * Where a restart is. `begun` has no effect yet and ends as `abandoned`; `fired` may have one and ends as `unknown`
 * where nobody says what became of it.
 */
export type RestartPhase = "begun" | "fired" | "executed" | "failed" | "unknown" | "abandoned";

/** Who asks for a restart, of what, and why. */
export interface RestartRequest {
  readonly id: string;
  readonly source: RestartSource;
  readonly requestedBy: string;
  readonly requestedIp: string | null;
  /** What is to be restarted, by the hook's own names; null: the hook's default. */
  readonly target: string | null;
  /** Why it was asked for. */
  readonly reason: string;
}

export interface Restart extends RestartRequest {
  /** Set where an operator passed a policy that stood in the way. */
  readonly overrideReason: string | null;
  /** The policy it met. */
  readonly policyState: PolicyName;
  requestedAt: number;
  phase: RestartPhase;
  /** From then on it is `abandoned`, or `unknown`; 0 once it is over. */
  dueAt: number;
  /** 0 until the hook is about to be called. */
  firedAt: number;
  /** 0 until it is over. */
  completedAt: number;
  /** As the hook returned it. */
  deployment: Deployment | null;
  /** Why the hook failed, for people; null where it did not. */
  failure: string | null;
  /** What the platform said of it last; null before it said anything. */
  progress: Progress | null;
  /** When it said so. */
  followedAt: number;
}

/** A key that a client may send to ask once, however often it asks. Both are digests. */
export interface IdempotencyKey {
  readonly key: string;
  readonly fingerprint: string;
}

/** What speaks for a restart, and holds now. */
export interface Evidence {
  /** Since when, on the store's clock. */
  readonly since: number;
  /** How long it has to have held; what was before the last restart and the longest permit after it says nothing. */
  readonly forMs: number;
}

export interface Begin extends RestartRequest {
  readonly kind: "begin";
  /** Null where no person asks. */
  readonly login: Login | null;
  /** The operator acknowledged what stands in the way, and says why. */
  readonly override: { readonly reason: string } | null;
  readonly idempotency: IdempotencyKey | null;
  /** Of a watchdog. */
  readonly evidence: Evidence | null;
}

export type LedgerCommand =
  | { readonly kind: "look" }
  | Begin
  /** The hook is about to be called. Succeeds once. */
  | { readonly kind: "fire"; readonly id: string; readonly completeWithinMs: number }
  | {
      readonly kind: "complete";
      readonly id: string;
      readonly deployment: Deployment | null;
      /** Why it failed, for people and without secrets; null where it did not. */
      readonly failure: string | null;
    }
  /** It has not been fired and will not be. */
  | { readonly kind: "abandon"; readonly id: string }
  /** What its platform says of a deployment by now. Nothing is heard of one whose end is known. */
  | { readonly kind: "follow"; readonly id: string; readonly progress: Progress }
  /** Something else than a restart was refused to somebody. */
  | { readonly kind: "refuse"; readonly attempt: Attempt }
  /** The soft restart: every instance that sees a higher epoch than its own begins anew. Once for each restart. */
  | { readonly kind: "raise"; readonly id: string };

export interface LedgerMessage {
  readonly rules: LedgerRules;
  /** The highest numbers that the sender has heard; zeros where it heard none. */
  readonly heard: Numbers;
  readonly command: LedgerCommand;
}

export interface Numbers {
  /** The mark of a ledger's life: one that lost its data begins another. */
  readonly life: number;
  readonly epoch: number;
}

export type BeginRefusal = "cooldown" | "blocked" | "in_progress" | "stale_evidence";

export type LedgerResult =
  | { readonly kind: "done" }
  /** Nothing happened: the restart is not where that would make sense, or not known. */
  | { readonly kind: "void" }
  | { readonly kind: "begun"; readonly restart: Restart; readonly overridden: boolean }
  | {
      readonly kind: "refused";
      readonly because: BeginRefusal;
      readonly policy: Policy;
      readonly retryAfterMs: number;
      /** To be told by itself; else it is counted, and told with others. */
      readonly isNews: boolean;
    }
  | { readonly kind: "counted"; readonly isNews: boolean }
  /** The key has been used: by the same request, whose restart this is, or by another one. */
  | { readonly kind: "repeated"; readonly restart: Restart | null }
  | { readonly kind: "key_reused" };

export interface LedgerView extends Numbers {
  /** The store's clock. */
  readonly at: number;
  /** The epoch was raised in this life. */
  readonly raised: boolean;
  readonly policy: Policy;
  /** Newest last, at most {@link HISTORY_KEPT}. */
  readonly history: readonly Restart[];
  /** How many have ended so, in this life. */
  readonly ended: Readonly<Record<RestartOutcome, number>>;
  /** The one that is not over. */
  readonly inProgress: string | null;
  /** Parts of what was stored could not be read, and were left out, in the last window. */
  readonly damaged: boolean;
}

export interface LedgerReply {
  readonly result: LedgerResult;
  /** What is to be told now, once: whoever hears it writes it down. */
  readonly refused: readonly Refused[];
  readonly view: LedgerView;
}

export interface KeptKey extends IdempotencyKey {
  readonly restart: string;
  at: number;
}

export interface LedgerState {
  /** 0 until the first message. */
  life: number;
  /** The last time seen. */
  clock: number;
  epoch: number;
  raises: number;
  /** Of a ledger that lost its history. */
  blockedUntil: number;
  /** When parts of it were found that could not be read; 0: never. Below 0 until time passes. */
  damagedAt: number;
  /** Restarts since this life began, also those that the history has no room for any more. */
  readonly ended: Record<RestartOutcome, number>;
  readonly refused: KeptRefused[];
  readonly history: Restart[];
  readonly keys: KeptKey[];
  /** The restart that raised the epoch last. */
  raisedBy: string | null;
}

export const HISTORY_KEPT = 50;
/** In characters, of what a platform is quoted with. */
export const LONGEST_FAILURE = 500;
export const KEYS_KEPT = 1_000;
export const KEY_LIFE_MS = 86_400_000;
/** A restart that is not fired in this time never will be: longer than an audit record may take to be stored. */
export const FIRE_WITHIN_MS = 15_000;
