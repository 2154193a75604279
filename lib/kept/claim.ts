/** Who of the fleet asks a source for all others: a claim with an end. Pure; any store can run it. */
import { natural, object, orNone, type Shape, text } from "../shape.ts";
import type { Machine } from "../store/port.ts";

export interface ClaimState {
  /** Who asks; "" for nobody. */
  holder: string;
  /** Since when, on the store's clock. */
  since: number;
  /** Then another takes its place. */
  until: number;
  /** When the last one has kept its answer. */
  doneAt: number;
  /** When the last one let go without one: what it was told is nobody else's. */
  passedAt?: number | undefined;
}

export type ClaimMessage =
  | {
      readonly kind: "claim";
      readonly holder: string;
      readonly claimMs: number;
      /** For how long it has been waiting: an answer since then is good enough. */
      readonly waitedMs: number;
    }
  /** Of who still asks; nothing to anybody else. */
  | { readonly kind: "renew"; readonly holder: string; readonly claimMs: number }
  | { readonly kind: "release"; readonly holder: string; readonly isKept: boolean };

export interface ClaimResult {
  /** `yours`: ask. `taken`: somebody does. `done`: an answer was kept while you waited; `passed`: none was. */
  readonly kind: "yours" | "taken" | "done" | "passed";
  readonly push: readonly [];
  readonly keptUntil: number;
}

/** Longer than anybody waits for a claim. */
const REMEMBERED_MS = 60_000;
/** No source is asked for so long. */
const LONGEST_CLAIM_MS = 600_000;

const nobody = (): ClaimState => ({ holder: "", since: 0, until: 0, doneAt: 0 });
const isClaim: Shape<ClaimState> = object({
  holder: text,
  since: natural,
  until: natural,
  doneAt: natural,
  passedAt: orNone(natural),
});
/** One that was damaged is nobody's. */
const savedClaim = (found: unknown): ClaimState =>
  isClaim(found) && found.until <= found.since + LONGEST_CLAIM_MS ? found : nobody();

export const claimMachine: Machine<ClaimState, ClaimMessage, ClaimResult> = {
  name: "kept-claim",
  empty: nobody,
  saved: savedClaim,
  step: (state, message, now) => {
    // Before now it was done, or not at all.
    if (state.doneAt > now) state.doneAt = 0;
    if ((state.passedAt ?? 0) > now) state.passedAt = 0;
    const kind = told(state, message, now);
    return { kind, push: [], keptUntil: Math.max(state.until, state.doneAt, now) + REMEMBERED_MS };
  },
};

function told(state: ClaimState, message: ClaimMessage, now: number): ClaimResult["kind"] {
  if (message.kind === "claim") return claim(state, message, now);
  return message.kind === "renew" ? renew(state, message, now) : release(state, message, now);
}

type Message<Kind extends ClaimMessage["kind"]> = Extract<ClaimMessage, { readonly kind: Kind }>;

function claim(state: ClaimState, { holder, claimMs, waitedMs }: Message<"claim">, now: number): ClaimResult["kind"] {
  if (waitedMs > 0 && state.doneAt > now - waitedMs) return "done";
  if (waitedMs > 0 && (state.passedAt ?? 0) > now - waitedMs) return "passed";
  // A clock that fell back says nothing about how long a claim has lasted.
  const isHeld = state.holder !== "" && now < state.until && now >= state.since;
  if (isHeld && state.holder !== holder) return "taken";
  state.holder = holder;
  state.since = now;
  state.until = now + claimMs;
  return "yours";
}

function renew(state: ClaimState, { holder, claimMs }: Message<"renew">, now: number): ClaimResult["kind"] {
  if (state.holder !== holder) return "taken";
  state.since = now;
  state.until = now + claimMs;
  return "yours";
}

function release(state: ClaimState, { holder, isKept }: Message<"release">, now: number): ClaimResult["kind"] {
  if (isKept) state.doneAt = now;
  if (state.holder !== holder) return "taken";
  if (!isKept) state.passedAt = now;
  state.holder = "";
  state.until = 0;
  return "done";
}
