/** A worker's side of the supervisor: what it hears, and what it may ask. */
import cluster from "node:cluster";
import type nodeProcess from "node:process";
import type { SentFamily } from "../metrics/family.ts";
import {
  type Answer,
  ours,
  type ReloadReply,
  type ReloadRequest,
  type ReloadResult,
  SUPERVISED,
  type SupervisorReport,
  type ToSupervisor,
  type ToWorker,
  type WorkerQuestion,
} from "./messages.ts";

/** The supervisor only decides and answers. */
export const ANSWER_WITHIN_MS = 5_000;

/** The part of `process` that this needs. */
export type WorkerProcess = Pick<typeof nodeProcess, "env" | "on" | "off"> & {
  send?: ((message: ToSupervisor) => boolean) | undefined;
};

/** The supervisor, as one of its workers has it. */
export interface SupervisorHandle {
  /**
   * Asks for a rolling reload. Resolves as soon as that is accepted or refused, since the worker that asks is replaced
   * by it and has to answer its own request meanwhile. What became of it is told to {@link onReloaded} of one worker
   * that serves by then, and is kept in {@link report} under the id that is given here.
   *
   * @throws Error when the supervisor does not answer.
   */
  reload(request: ReloadRequest): Promise<ReloadReply>;
  /**
   * What it and its workers do at the moment, and how its last reloads ended.
   *
   * @throws Error when the supervisor does not answer.
   */
  report(): Promise<SupervisorReport>;
  /**
   * Calls `listener` with the end of a reload, whoever asked for it.
   *
   * @returns What ends that.
   */
  onReloaded(listener: (result: ReloadResult) => void): () => void;
}

/**
 * The supervisor above this process; null where there is none.
 *
 * @example
 * ```ts
 * const reply = await supervisorOf(process)?.reload({ id: restart.id, reason: restart.reason });
 * ```
 */
export function supervisorOf(worker: WorkerProcess): SupervisorHandle | null {
  if (worker.env[SUPERVISED] === undefined || !worker.send) return null;
  const ask = asking(worker);
  return {
    reload: (request) => ask({ kind: "reload", request }),
    report: () => ask({ kind: "report" }),
    onReloaded: (listener) => {
      const hear = (message: unknown) => {
        const told = ours<ToWorker>(message);
        if (told?.tidegate === "reloaded") listener(told.result);
      };
      worker.on("message", hear);
      return () => worker.off("message", hear);
    },
  };
}

/** Of this process, whoever asks. */
let asked = 0;

/** Asks the supervisor. Rejects where it does not answer. */
function asking(worker: WorkerProcess) {
  return <Reply extends Answer>(question: WorkerQuestion): Promise<Reply> =>
    new Promise<Reply>((resolve, reject) => {
      const number = ++asked;
      const settle = (end: () => void) => {
        worker.off("message", hear);
        clearTimeout(timer);
        end();
      };
      const hear = (message: unknown) => {
        const told = ours<ToWorker>(message);
        if (told?.tidegate === "reply" && told.to === number) settle(() => resolve(told.reply as Reply));
      };
      const timer = setTimeout(() => settle(() => reject(unanswered(question))), ANSWER_WITHIN_MS);
      worker.on("message", hear);
      try {
        worker.send?.({ tidegate: "ask", number, ask: question });
      } catch (cause) {
        settle(() => reject(unanswered(question, cause)));
      }
    });
}

const unanswered = ({ kind }: WorkerQuestion, cause?: unknown) =>
  new Error(`supervisor: it must answer (${kind}) within ${ANSWER_WITHIN_MS} ms, and did not`, { cause });

export interface WorkerDuties {
  /** Another one has taken this one's place. */
  readonly retire: (withinMs: number) => void;
  /** The end of everything, or of the supervisor. */
  readonly stop: () => void;
  readonly figures: () => readonly SentFamily[];
}

export interface Duty {
  /** Requests are answered at `url`. */
  readonly ready: (url: string) => void;
  /** The figures of all workers, given this one's. */
  readonly collect: (own: readonly SentFamily[]) => Promise<readonly SentFamily[]>;
  /** The last connection is closed, for whatever reason; the process ends soon after. */
  readonly drained: () => void;
}

/** Does as the supervisor says from now on; null without one. */
export function serveUnderSupervisor({ retire, stop, figures }: WorkerDuties): Duty | null {
  const { worker } = cluster;
  if (process.env[SUPERVISED] === undefined || !worker) return null;
  const say = (message: ToSupervisor) => {
    if (process.connected) process.send?.(message);
  };
  const ask = asking(process);
  process.on("message", (message) => {
    const told = ours<ToWorker>(message);
    if (told?.tidegate === "beat") say({ tidegate: "beat" });
    if (told?.tidegate === "figures") say({ tidegate: "figures", families: figures() });
    if (told?.tidegate === "retire") retire(told.withinMs);
    if (told?.tidegate === "stop") stop();
    if (told?.tidegate === "leave") process.disconnect();
  });
  // Without this, cluster ends the process at once: when the supervisor dies, and when we leave.
  worker.on("disconnect", () => {
    worker.exitedAfterDisconnect = true;
    stop();
  });
  // A terminal or an operator may mean the whole group with what is the supervisor's alone.
  process.on("SIGHUP", () => {});
  return {
    ready: (url) => say({ tidegate: "ready", url }),
    collect: (own) => ask({ kind: "figures", own }),
    // A connection handed over before the supervisor knew comes before its `leave`, and goes back to it.
    drained: () => {
      // What it has counted is to stay in the sums.
      say({ tidegate: "figures", families: figures() });
      say({ tidegate: "drained" });
    },
  };
}
