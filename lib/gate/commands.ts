/** What a gate is asked: a batch of commands, applied atomically and in order. */
import type { About, GateConfig, Lane, Outcome, OverrideMode } from "./types.ts";

/** Asks for a permit or a place in the line. Asking again is the same command again, with what is left of the wait. */
export interface Admit {
  readonly kind: "admit";
  readonly id: string;
  readonly lane: Lane;
  readonly deadlineMs: number;
  readonly waitMs: number;
}
export interface Settle {
  readonly kind: "settle";
  readonly id: string;
  readonly outcome: Outcome;
  readonly slow: boolean;
}
/** Gives up a permit or a ticket. */
export interface Cancel {
  readonly kind: "cancel";
  readonly id: string;
}
export interface Operate {
  readonly kind: "operate";
  readonly opId: string;
  readonly mode: OverrideMode | "auto";
  readonly ttlMs: number;
  /** The version this decision was made upon; null does not check. */
  readonly expectedVersion: number | null;
  readonly actor: string;
  readonly reason: string;
}
export interface View {
  readonly kind: "view";
}
/** What an instance brings along into a new life. Mints only in a batch that opens a session. */
export interface Adopt {
  readonly kind: "adopt";
  readonly permits: readonly { readonly id: string; readonly lane: Lane; readonly remainingMs: number }[];
  readonly openMs: number | null;
  readonly override: {
    readonly mode: OverrideMode;
    readonly remainingMs: number;
    readonly actor: string;
    readonly reason: string;
  } | null;
}
export type Command = Admit | Settle | Cancel | Operate | View | Adopt;

/** How an instance introduces itself to a store that does not know it. `life` null: its very first batch, which has heard of none. */
export interface Opening {
  readonly life: number | null;
  readonly generation: number;
  readonly overrideVersion: number;
  readonly about: About;
}
/** Commands applied atomically and in order. The sender puts settles first. */
export interface Batch {
  readonly session: string;
  readonly opens: Opening | null;
  /** Every admit below it is answered or given up. */
  readonly doneBelow: number;
  /** 0..999, for the open period. The machine itself has no chance in it. */
  readonly jitter: number;
  readonly config: GateConfig;
  /** Calls refused from the instance's memory since its last batch. */
  readonly refusedLocally: number;
  readonly commands: readonly Command[];
}
