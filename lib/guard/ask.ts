/** The words of getting in: what a call asks for, what it is answered, what it then holds. */
import type { Admit } from "../gate/commands.ts";
import type { Lane } from "../gate/types.ts";
import type { Runtime } from "../runtime.ts";
import type { AskReply } from "./link/port.ts";
import { type Refusal, refusal } from "./refusal.ts";

/** A permit in the holder's hands. */
export interface Pass {
  readonly kind: "pass";
  readonly id: string;
  readonly lane: Lane;
  /** Longest its statement may run. */
  readonly deadlineMs: number;
  readonly probe: boolean;
  /** When the batch that brought it was sent; its life is counted from there. */
  readonly sent: Moment;
  /** How long it lives from then on. */
  readonly remainingMs: number;
}

/** One instant on both clocks: a process that was frozen sees the difference on at least one of them. */
export interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

export type Entry = Pass | { readonly kind: "refusal"; readonly refusal: Refusal };

/** What a call asks for. Times are on the monotonic clock. */
export interface Ask {
  readonly lane: Lane;
  readonly deadlineMs: number;
  /** Until when the call is willing to wait. */
  readonly waitUntil: number;
  readonly signal: AbortSignal | undefined;
}

/** How an ask came out: a definite entry, a place in the line, or an id that is worth nothing any more. */
export type Answer =
  | Entry
  | { readonly kind: "place"; readonly nextCheckMs: number }
  | { readonly kind: "spent" }
  | { readonly kind: "moved" };

export const now = (runtime: Runtime): Moment => ({ monotonicMs: runtime.monotonicMs(), wallMs: runtime.wallMs() });

export function admitCommand(id: string, ask: Ask, at: number): Admit {
  const waitMs = Math.max(0, Math.floor(ask.waitUntil - at));
  return { kind: "admit", id, lane: ask.lane, deadlineMs: ask.deadlineMs, waitMs };
}

export function readAnswer(command: Admit, reply: AskReply, sent: Moment): Answer {
  if (reply.kind === "place" || reply.kind === "moved") return reply;
  if (reply.kind === "permit") {
    const { deadlineMs, probe, remainingMs } = reply;
    return { kind: "pass", id: command.id, lane: command.lane, deadlineMs, probe, sent, remainingMs };
  }
  if (reply.reason === "spent") return { kind: "spent" };
  return { kind: "refusal", refusal: refusal(reply.reason, reply.retryAfterMs) };
}
