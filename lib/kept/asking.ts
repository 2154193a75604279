/** What is asked of a keep, and how it is answered. */
import type { MaybePromise } from "../store/port.ts";
import type { EntryCap } from "./entry-cap.ts";
import type { KeptEntry } from "./form.ts";
import type { Remembered } from "./memory.ts";
import type { KeepRules } from "./rules.ts";

/** Why there is no new answer, for who gets an old one. */
export interface Degraded {
  /** Of the contract. */
  readonly code: string;
  /** When asking again makes sense, in milliseconds, where that is known. */
  readonly retryAfterMs: number | undefined;
}

/** One use of the keep: a route, or a kind of value. */
export interface KeepUse {
  readonly rules: KeepRules;
  readonly cap: EntryCap;
}

/** One question. */
export interface Asking<Loaded> {
  readonly use: KeepUse;
  readonly key: string;
  readonly tags: () => readonly string[];
  /** The caller's, asked for where its source is: platforms make one of a request that wants it. */
  readonly signal: () => AbortSignal | undefined;
  /** Neither joins others nor is joined: nothing is kept of it. */
  readonly isAlone: boolean;
  /** Asks the source. The signal is aborted once nobody waits for its answer. */
  readonly load: (signal: AbortSignal) => Promise<Loaded>;
  /** Asks it once more, for nobody; null where that cannot be. */
  readonly reload: ((signal: AbortSignal) => Promise<Loaded>) | null;
  /** What is kept of its answer, or shared with others who asked at the same time; null: nothing. */
  readonly contentOf: (loaded: Loaded) => MaybePromise<string | null>;
  /** False for what others have written in its place: it is as if nothing were kept. */
  readonly isReadable: (entry: KeptEntry) => boolean;
  /** What of the source's failures an old answer stands in for; null: it is the caller's. */
  readonly degradedOf: (error: unknown) => Degraded | null;
}

/** `own`: by this caller's own call. `kept`: from what is kept, or from another's call at the same time. */
export type Reply<Loaded> = { readonly kind: "own"; readonly loaded: Loaded } | ({ readonly kind: "kept" } & Held);

export interface Held extends Remembered {
  readonly how: "fresh" | "refreshing" | "shared" | "stale";
  /** Of a stale one. */
  readonly degraded: Degraded | null;
}
