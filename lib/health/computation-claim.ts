/**
 * The fleet's tier of the memo: the last value, and the claim of whoever computes the next. Pure; any store can run it.
 * A claim is to a computation what a lease is elsewhere; here leases are what a gate gives permits by, and nothing else.
 *
 * A value lives with its claim, and not in an entry of its own, because only so the one who comes too late can neither
 * replace what is newer nor make old news look young: its age counts from the claim, by the store's clock.
 */
import { natural, object, orNull, type Shape, text } from "../shape.ts";
import type { Machine } from "../store/port.ts";

export interface ClaimState {
  /** Of the last claim. Only grows, also over the loss of everything: it is never behind the clock. */
  generation: number;
  /** When that claim was made, on the store's clock. */
  claimedAt: number;
  /** The claimant is not waited for any longer. 0: it has finished. */
  claimedUntil: number;
  value: { readonly text: string; readonly claimedAt: number } | null;
}

export type ClaimCommand =
  /** What is known, and the claim where that is `ttlMs` old and nobody has it; null: who asks does not want it. */
  | { readonly kind: "look"; readonly ttlMs: number; readonly claimMs: number | null }
  | { readonly kind: "finish"; readonly generation: number; readonly text: string };

export interface Kept {
  readonly text: string;
  /** Since its computation was claimed, so never less than its true age. */
  readonly ageMs: number;
}

export type ClaimReply =
  | { readonly kind: "fresh"; readonly last: Kept }
  | { readonly kind: "granted"; readonly last: Kept | null; readonly generation: number }
  /** Who asks does not compute. */
  | { readonly kind: "taken"; readonly last: Kept | null }
  | { readonly kind: "kept" }
  /** The claim was over: nothing is kept. */
  | { readonly kind: "late" };

export type ClaimResult = ClaimReply & { readonly push: readonly [] };

export const emptyClaim = (): ClaimState => ({ generation: 0, claimedAt: 0, claimedUntil: 0, value: null });

/** @param now In whole milliseconds, on whichever clock the state lives by. */
export function claimStep(state: ClaimState, command: ClaimCommand, now: number): ClaimResult {
  return { ...(command.kind === "look" ? look(state, command, now) : finish(state, command, now)), push: [] };
}

/** No computation is waited for so long. */
const LONGEST_CLAIM_MS = 600_000;

const claim: Shape<ClaimState> = object({
  generation: natural,
  claimedAt: natural,
  claimedUntil: natural,
  value: orNull(object({ text, claimedAt: natural })),
});

/** A damaged one is as good as none: whoever looks next computes. */
export const savedClaim = (found: unknown): ClaimState =>
  claim(found) && found.claimedUntil <= found.claimedAt + LONGEST_CLAIM_MS ? found : emptyClaim();

export const claimMachine: Machine<ClaimState, ClaimCommand, ClaimResult> = {
  name: "health",
  empty: emptyClaim,
  saved: savedClaim,
  step: claimStep,
};

type Command<Kind extends ClaimCommand["kind"]> = Extract<ClaimCommand, { readonly kind: Kind }>;

function look(state: ClaimState, { ttlMs, claimMs }: Command<"look">, now: number): ClaimReply {
  const last = keptAt(state, now);
  if (last && last.ageMs < ttlMs) return { kind: "fresh", last };
  // A clock that fell back says nothing about how long a claim has lasted.
  const taken = now < state.claimedUntil && now >= state.claimedAt;
  if (taken || claimMs === null) return { kind: "taken", last };
  state.generation = Math.max(state.generation + 1, now);
  state.claimedAt = now;
  state.claimedUntil = now + claimMs;
  return { kind: "granted", last, generation: state.generation };
}

function finish(state: ClaimState, { generation, text }: Command<"finish">, now: number): ClaimReply {
  if (generation !== state.generation || now >= state.claimedUntil || now < state.claimedAt) return { kind: "late" };
  state.value = { text, claimedAt: state.claimedAt };
  state.claimedUntil = 0;
  return { kind: "kept" };
}

/** Null also where the clock fell back behind it: then nobody knows how old it is. */
function keptAt({ value }: ClaimState, now: number): Kept | null {
  return value && now >= value.claimedAt ? { text: value.text, ageMs: now - value.claimedAt } : null;
}
