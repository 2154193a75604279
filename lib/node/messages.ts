/**
 * What the supervisor and its workers say to each other by IPC. The channel keeps the order; an application may send
 * messages of its own on it, which is why ours carry a mark.
 */

import type { SentFamily } from "../metrics/family.ts";

/** Tells a process that the one above it is our supervisor, and not some other user of `node:cluster`. */
export const SUPERVISED = "TIDEGATE_SUPERVISED";

/** `stalled`: its event loop does not come round any more. */
export type WorkerState = "starting" | "ready" | "stalled" | "draining";

/** A worker, as its supervisor knows it. */
export interface WorkerInfo {
  /** Of its process. */
  readonly pid: number;
  /** What it does at the moment. */
  readonly state: WorkerState;
  /** Wall clock, milliseconds. */
  readonly startedAt: number;
  /** When it last answered a heartbeat, in milliseconds by the wall clock; null before its first. */
  readonly lastBeatAt: number | null;
}

/** What a reload is asked for with. */
export interface ReloadRequest {
  /** Of the restart, where there is one; made up otherwise. */
  readonly id?: string;
  /** Why, for the log. */
  readonly reason: string;
}

/**
 * Nothing has changed. `rolling`: another reload is under way, which may have started some workers before what this one
 * is for; `unknown_worker`: no worker that serves has this pid.
 */
export interface ReloadRefusal {
  /** Tells it from what was accepted. */
  readonly kind: "refused";
  /** Why nothing was begun. */
  readonly because: "rolling" | "stopping" | "unknown_worker";
}

/** Whether a reload begins. */
export type ReloadReply = { readonly kind: "accepted"; readonly id: string } | ReloadRefusal;

/** How a reload has ended. */
export interface ReloadResult {
  /** `stopped`: a worker did not come up; those not yet replaced serve on. */
  readonly kind: "done" | "stopped";
  /** Under which it was accepted. */
  readonly id: string;
  /** Why it was asked for. */
  readonly reason: string;
  /** How many workers were replaced. */
  readonly replaced: number;
  /** Why it stopped; null when it is done. */
  readonly because: string | null;
  /** From its acceptance on, in milliseconds. */
  readonly tookMs: number;
}

/** What a supervisor tells of itself. */
export interface SupervisorReport {
  /** Of the supervisor's process. */
  readonly pid: number;
  /** All of them, those that are ending included. */
  readonly workers: readonly WorkerInfo[];
  /** The id of the reload under way. */
  readonly rolling: string | null;
  /** The last ones that ended, newest last, at most 20. */
  readonly reloads: readonly ReloadResult[];
}

/** What a worker asks the supervisor. */
export type WorkerQuestion =
  | { readonly kind: "reload"; readonly request: ReloadRequest }
  | { readonly kind: "report" }
  /** The figures of all workers; `own` are those of the one that asks. */
  | { readonly kind: "figures"; readonly own: readonly SentFamily[] };

export type Answer = ReloadReply | SupervisorReport | readonly SentFamily[];

export type ToWorker =
  | { readonly tidegate: "beat" }
  /** Serve what comes on the connections that there are, each for one last answer. */
  | { readonly tidegate: "retire"; readonly withinMs: number }
  | { readonly tidegate: "stop" }
  /** Nothing will be handed over any more. */
  | { readonly tidegate: "leave" }
  | { readonly tidegate: "figures" }
  | { readonly tidegate: "reply"; readonly to: number; readonly reply: Answer }
  | { readonly tidegate: "reloaded"; readonly result: ReloadResult };

export type ToSupervisor =
  | { readonly tidegate: "ready"; readonly url: string }
  | { readonly tidegate: "beat" }
  /** Asked for, or the last ones. */
  | { readonly tidegate: "figures"; readonly families: readonly SentFamily[] }
  | { readonly tidegate: "drained" }
  | { readonly tidegate: "ask"; readonly number: number; readonly ask: WorkerQuestion };

/** The message, where it is one of ours. */
export function ours<Message extends ToWorker | ToSupervisor>(message: unknown): Message | null {
  return typeof message === "object" && message !== null && "tidegate" in message ? (message as Message) : null;
}
