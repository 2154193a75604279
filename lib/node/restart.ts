/** Restarts by the supervisor: the hook of its workers, which is its rolling reload, and its own, for one worker. */
import {
  type Deployment,
  type Hook,
  HookError,
  type HookFault,
  type Progress,
  type RestartProvider,
} from "../tidegate.ts";
import type { ReloadRefusal, ReloadReply, ReloadRequest, ReloadResult } from "./messages.ts";
import { ANSWER_WITHIN_MS, supervisorOf, type WorkerProcess } from "./supervised.ts";

const hook = "node";
const error = (fault: HookFault, message: string) => new HookError(`${hook}: ${message}`, { hook, fault });

/**
 * Replaces the workers of this machine, one by one. A restart is done with when the supervisor has agreed, since the
 * worker that asks is replaced as well; how the roll ended is told by one that serves by then, and answered to `status`.
 *
 * @returns Null where no supervisor is above this process.
 * @example
 * ```ts
 * const tide = tidegate({ database, store, restart: nodeHook(process) ?? undefined });
 * ```
 */
export function nodeHook(worker: WorkerProcess): Hook | null {
  const supervisor = supervisorOf(worker);
  if (!supervisor) return null;
  const report = () => supervisor.report().catch(unanswered);
  return {
    name: hook,
    targets: [],
    capabilities: ["restart", "status", "dry_run"],
    deadlineMs: 2 * ANSWER_WITHIN_MS,
    fire: async ({ id, reason }) => begun(await supervisor.reload({ id, reason }).catch(unanswered)),
    status: async ({ id }) => {
      const { rolling: current, reloads } = await report();
      const ended = reloads.find((result) => result.id === id);
      if (ended) return progressOf(ended);
      if (current === id) return { deployment: rolling(id), state: "running" };
      const found = "one of another machine, or of long ago";
      throw error("refused", `looking up reload ${id}: it must be among this supervisor's last, found: ${found}`);
    },
    listen: (listener) => void supervisor.onReloaded((result) => listener(result.id, progressOf(result))),
    dryRun: async () => {
      const { pid, workers } = await report();
      const serving = workers.filter(({ state }) => state === "ready" || state === "stalled").length;
      const checked = `The supervisor (pid ${pid}) answers, and replaces ${serving} workers one by one.`;
      return { checked, unchecked: "Whether a new worker comes up; where none does, the old ones serve on." };
    },
  };
}

export interface Replacing {
  /** Begins to replace the worker that serves by this pid. */
  readonly replace: (pid: number, request: ReloadRequest) => ReloadReply;
  readonly onReloaded: (listener: (result: ReloadResult) => void) => void;
}

/** What the supervisor itself restarts by: one worker, whose pid is the target. */
export function replacementProvider({ replace, onReloaded }: Replacing): RestartProvider {
  return {
    name: hook,
    targets: [],
    capabilities: ["restart"],
    deadlineMs: ANSWER_WITHIN_MS,
    fire: async ({ id, reason, target }) => begun(replace(Number(target), { id, reason })),
    listen: (listener) => onReloaded((result) => listener(result.id, progressOf(result))),
  };
}

function begun(reply: ReloadReply): Deployment {
  if (reply.kind === "refused") throw error("refused", `replacing workers: ${REFUSALS[reply.because]}`);
  return rolling(reply.id);
}

const REFUSALS: Readonly<Record<ReloadRefusal["because"], string>> = {
  rolling: "none may be under way, and another reload is; ask again when it has ended",
  stopping: "the supervisor must not be stopping, and is",
  unknown_worker: "a worker that serves is needed, and there is none by this pid",
};

const rolling = (id: string): Deployment => ({ id, url: null, status: "rolling" });

function progressOf({ id, kind, because }: ReloadResult): Progress {
  const status = because === null ? kind : `${kind}: ${because}`;
  return { deployment: { id, url: null, status }, state: kind === "done" ? "succeeded" : "failed" };
}

function unanswered(cause: unknown): never {
  throw error("unreachable", cause instanceof Error ? cause.message : String(cause));
}
