/** What a gate answers. */
import type { GateEvent } from "./events.ts";
import type { Override, Second } from "./state.ts";
import type { About, BreakerState, Lane } from "./types.ts";

export type RefusalReason = "adopting" | "forced" | "open" | "spent" | "probing" | "full";

export type AdmitReply =
  | {
      readonly kind: "permit";
      readonly expiresAt: number;
      readonly remainingMs: number;
      readonly deadlineMs: number;
      readonly probe: boolean;
    }
  | { readonly kind: "place"; readonly ahead: number; readonly nextCheckMs: number }
  | { readonly kind: "refused"; readonly reason: RefusalReason; readonly retryAfterMs: number };

export type OperateReply =
  | { readonly kind: "operated"; readonly overrideVersion: number }
  | { readonly kind: "unchanged"; readonly reason: "stale" | "repeated"; readonly overrideVersion: number };

export type Reply =
  | AdmitReply
  | OperateReply
  /** `alive` false: unknown or expired, and nothing happened. */
  | { readonly kind: "ended"; readonly alive: boolean }
  | { readonly kind: "adopted"; readonly spent: readonly string[] }
  | GateView;

export interface LaneRoom {
  readonly free: number;
  readonly waiting: number;
}

export interface LaneView extends LaneRoom {
  readonly capacity: number;
  readonly held: number;
  /** Since when all permits are out and no holder has given one back, on the store's clock; 0: not so. */
  readonly fullSince: number;
}

/** What every reply carries. `known` false: open a session first; only `life` was told and nothing changed. */
export type BatchReply =
  | { readonly known: false; readonly life: number }
  | {
      readonly known: true;
      readonly life: number;
      readonly generation: number;
      readonly overrideVersion: number;
      readonly lanes: Readonly<Record<Lane, LaneRoom>>;
      readonly replies: readonly Reply[];
    };

/** The whole gate as people want to see it. */
export interface GateView {
  readonly kind: "view";
  /** The store's clock. */
  readonly at: number;
  readonly breaker: {
    readonly state: BreakerState;
    readonly since: number;
    /** Until when it stays open, on the store's clock; 0 unless open. */
    readonly openUntil: number;
    readonly openMs: number;
    readonly probes: number;
    readonly successes: number;
    readonly failedRecoveries: number;
    readonly lastFailureAt: number;
  };
  readonly window: { readonly calls: number; readonly failures: number; readonly slow: number };
  readonly override: (Override & { readonly remainingMs: number }) | null;
  /** What a word to this gate expects that was decided upon this view: it rises with every word. */
  readonly overrideVersion: number;
  readonly lanes: Readonly<Record<Lane, LaneView>>;
  readonly seconds: readonly Second[];
  readonly transitions: readonly GateEvent[];
  /** Instances heard in the last minute, and this one's place among them by opening. */
  readonly n: number;
  readonly rank: number;
  readonly instances: readonly { readonly session: string; readonly about: About; readonly heard: number }[];
}
