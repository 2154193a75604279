/** The one message that an instance sends to a gate, and what it is answered. */
import type { GateEvent } from "./events.ts";
import type { Second, Totals } from "./state.ts";
import type {
  About,
  BreakerState,
  GateConfig,
  Lane,
  OperateMode,
  Outcome,
  Override,
  OverrideMode,
  RefusalReason,
  Tallies,
} from "./types.ts";

/** How an instance stands in one lane. */
export interface LaneReport {
  /** Permits it goes on using; never below what runs on them. The rest is given back. */
  readonly keep: number;
  /** Probes it goes on using. */
  readonly probes: number;
  /** Calls that run and that wait. */
  readonly need: number;
  /** The same, with head room. */
  readonly want: number;
  readonly waiting: number;
  /** Of the one that waits longest. */
  readonly waitedMs: number;
  /** Calls that run without a permit of this gate: they count against its room until they end. */
  readonly owed: number;
}

/** Calls of one generation that ended, in sums; those that count for nothing are left out. */
export interface Vote {
  readonly generation: number;
  readonly probe: boolean;
  readonly calls: number;
  readonly failures: number;
  /** Of the `request` lane. */
  readonly slow: number;
  /** Of probes: those that ended without an answer to the question. */
  readonly ignored: number;
  /** Longest for which the database asked, with a failure, to be left alone; 0: it did not. */
  readonly retryAfterMs: number;
}

/** Calls of one lane since the last renewal, for the totals. */
export interface LaneSums {
  readonly ended: Readonly<Record<Outcome, number>>;
  readonly refused: Readonly<Partial<Record<RefusalReason, number>>>;
  /** For which they held permits, and for which they waited. */
  readonly ranMs: number;
  readonly waitedMs: number;
}

/** An operator's word to a gate. */
export interface Operate {
  /** Tells it from other messages. */
  readonly kind: "operate";
  /** Of this word: said twice, it is heard once. */
  readonly opId: string;
  /** What the breaker is to do. */
  readonly mode: OperateMode;
  /** How long it holds, in milliseconds. Of what ends an override, nothing. */
  readonly ttlMs: number;
  /** The version this decision was made upon; null does not check. */
  readonly expectedVersion: number | null;
  /** Who says it, for the audit and for who looks. */
  readonly actor: string;
  /** Why, for the same. */
  readonly reason: string;
}
export interface View {
  readonly kind: "view";
}
export type Command = Operate | View;

/** How an instance introduces itself to a gate that does not know it. */
export interface Opening {
  readonly generation: number;
  readonly overrideVersion: number;
  readonly override: {
    readonly mode: OverrideMode;
    readonly remainingMs: number;
    readonly actor: string;
    readonly reason: string;
  } | null;
  readonly about: About;
}

export interface Renewal {
  readonly session: string;
  /** Grows with each renewal; one that is repeated has the number it had. */
  readonly n: number;
  /** Since it was first sent. */
  readonly agoMs: number;
  /** In which what it keeps was granted, or which it opens; null: it has heard of none yet, and keeps nothing. */
  readonly life: number | null;
  readonly opens: Opening | null;
  /** The instance ends. */
  readonly leaves: boolean;
  /** 0..999, for the open period. The machine itself has no chance in it. */
  readonly jitter: number;
  /** Of the last message and its answer. */
  readonly roundTripMs: number;
  readonly config: GateConfig;
  readonly lanes: Readonly<Record<Lane, LaneReport>>;
  readonly votes: readonly Vote[];
  /** Of the fleet's health, that this instance has made. */
  readonly pings: readonly { readonly ok: boolean }[];
  /** A breaker that it knows to be open and this gate may not: of its local gate, or of a life that is over. */
  readonly open: { readonly remainingMs: number; readonly agoMs: number } | null;
  readonly sums: Readonly<Record<Lane, LaneSums>>;
  /** Since the last renewal; left out where there is nothing. */
  readonly tallies?: Tallies;
  readonly commands: readonly Command[];
}

/** What became of an operator's word: done, or not, as another has been said since (`stale`) or it was heard before. */
export type OperateReply =
  | { readonly kind: "operated"; readonly overrideVersion: number }
  | { readonly kind: "unchanged"; readonly reason: "stale" | "repeated"; readonly overrideVersion: number };

export type CommandReply = OperateReply | GateView;

/** What an instance holds in one lane from now on. */
export interface LaneGrant {
  readonly permits: number;
  /** It starts no call above these; below `permits`, the rest is for others, as soon as it is free. */
  readonly allow: number;
  readonly probes: number;
  /** Somebody in this lane is hungry: what is not used is given back at once. */
  readonly crowded: boolean;
  /** Calls of the whole fleet. */
  readonly waiting: number;
}

/** `known` false: open a session first; only `life` was told and nothing changed. */
export type RenewalReply =
  | { readonly known: false; readonly n: number; readonly life: number }
  | {
      readonly known: true;
      readonly n: number;
      readonly life: number;
      readonly generation: number;
      readonly overrideVersion: number;
      readonly breaker: {
        /** For the sender, by its own rules. */
        readonly state: BreakerState;
        /** Null unless calls of the queued lanes are refused. */
        readonly refusal: "open" | "forced" | "probing" | null;
        readonly retryAfterMs: number;
        /** Longest a probe may run. */
        readonly probeMs: number;
      };
      /** In force now: an instance brings it along into a new life. */
      readonly override: NonNullable<Opening["override"]> | null;
      readonly lanes: Readonly<Record<Lane, LaneGrant>>;
      readonly leaseMs: number;
      readonly renewWithinMs: number;
      /** Instances that are there, and the place of this one among them. */
      readonly fleet: { readonly n: number; readonly rank: number };
      readonly replies: readonly CommandReply[];
    };

/** To an instance, or to all of them (null). `wake`: there is room for you; `reclaim`: give back what you do not use. */
export interface Push {
  /** Whom it is for; null: all. */
  readonly session: string | null;
  /** What it says. */
  readonly message: PushMessage;
}
/** `changed`: ask, since the breaker is not as you know it. */
export type PushMessage = "wake" | "reclaim" | "changed";

/** One lane of the whole fleet. */
export interface LaneView {
  /** Calls at once, as is in force: after a recovery it grows step by step. */
  readonly capacity: number;
  /** Permits that instances have, used or not. */
  readonly held: number;
  /** Calls that run. */
  readonly running: number;
  /** Calls that wait for a permit. */
  readonly waiting: number;
  /** Since when as many run as may and none has ended, in milliseconds since 1970 on the store's clock; 0: not so. */
  readonly fullSince: number;
}

/** The whole gate as people want to see it. */
export interface GateView {
  /** Tells it from other replies. */
  readonly kind: "view";
  /** Of the gate that an instance goes by on its own, while the shared one does not answer: its sums are no fleet's. */
  readonly local?: true;
  /** When it was looked at, in milliseconds since 1970 on the store's clock. */
  readonly at: number;
  /**
   * The breaker: its state, and what leads to the next. Times are milliseconds since 1970, on the store's clock; 0:
   * never.
   */
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
  /** Calls that ended within the window, of which rates are made. */
  readonly window: { readonly calls: number; readonly failures: number; readonly slow: number };
  /** An operator's override in force, and for how many milliseconds yet; null where there is none. */
  readonly override: (Override & { readonly remainingMs: number }) | null;
  /** What a word to this gate expects that was decided upon this view: it rises with every word. */
  readonly overrideVersion: number;
  /** By their names. */
  readonly lanes: Readonly<Record<Lane, LaneView>>;
  /** Sums since this gate's life began. */
  readonly totals: Totals;
  /** The last seconds in which something happened, oldest first, at most 300. */
  readonly seconds: readonly Second[];
  /** What happened last, oldest first. */
  readonly transitions: readonly GateEvent[];
  /** Instances that are there, and this one's place among them by opening. */
  readonly n: number;
  /** Of the instance that looks, from 0. */
  readonly rank: number;
  /** By session; `heard` is when it last sent a message, in milliseconds since 1970 on the store's clock. */
  readonly instances: readonly { readonly session: string; readonly about: About; readonly heard: number }[];
}
