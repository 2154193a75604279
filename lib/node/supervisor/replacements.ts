/** What may be asked of the supervisor, by whomever: how its workers are, and that all or one of them are replaced. */
import type { RestartProvider } from "../../recovery/restart-provider.ts";
import type {
  ReloadRefusal,
  ReloadReply,
  ReloadRequest,
  ReloadResult,
  SupervisorReport,
  WorkerInfo,
  WorkerQuestion,
} from "../messages.ts";
import { replacementProvider } from "../restart.ts";
import type { Crew, Place } from "./crew.ts";
import { createReloads, type ReloadsOptions } from "./reloads.ts";

export interface Replacements {
  workers(): readonly WorkerInfo[];
  report(): SupervisorReport;
  /** What a worker is told that asks. */
  replyTo(question: Exclude<WorkerQuestion, { readonly kind: "figures" }>): ReloadReply | SupervisorReport;
  /** Of all. Never rejects. */
  reload(reason: string): Promise<ReloadResult | ReloadRefusal>;
  /** Of the worker that serves by this pid. Never rejects. */
  replace(pid: number): Promise<ReloadResult | ReloadRefusal>;
  /** For the ledger of restarts: replaces the worker whose pid is the target. */
  readonly provider: RestartProvider;
  isRolling(): boolean;
  /** The reload under way stops where it is; no other begins. */
  stop(): void;
}

const UNKNOWN_WORKER: ReloadRefusal = { kind: "refused", because: "unknown_worker" };

export function createReplacements(options: Omit<ReloadsOptions, "onEnded">): Replacements {
  const { crew } = options;
  const listeners: ((result: ReloadResult) => void)[] = [];
  const onEnded = (result: ReloadResult) => {
    tell(crew, result);
    for (const listener of listeners) listener(result);
  };
  const reloads = createReloads({ ...options, onEnded });

  const workers = () => crew.members().map((member) => member.info());
  const report = (): SupervisorReport => ({
    pid: process.pid,
    workers: workers(),
    rolling: reloads.rolling(),
    reloads: reloads.results(),
  });
  const begin = (request: ReloadRequest, places?: readonly Place[]): ReloadReply => {
    const begun = reloads.begin(request, places);
    return begun.kind === "refused" ? begun : { kind: "accepted", id: begun.id };
  };
  const reload = async (reason: string, places?: readonly Place[]) => {
    const begun = reloads.begin({ reason }, places);
    return begun.kind === "refused" ? begun : begun.ended;
  };
  const placeOf = (pid: number) => crew.places.find(({ current }) => current?.info().pid === pid);

  return {
    workers,
    report,
    replyTo: (question) => (question.kind === "report" ? report() : begin(question.request)),
    reload: (reason) => reload(reason),
    replace: async (pid) => {
      const place = placeOf(pid);
      return place ? reload(`replacing ${pid}`, [place]) : UNKNOWN_WORKER;
    },
    provider: replacementProvider({
      replace: (pid, request) => {
        const place = placeOf(pid);
        return place ? begin(request, [place]) : UNKNOWN_WORKER;
      },
      onReloaded: (listener) => void listeners.push(listener),
    }),
    isRolling: () => reloads.rolling() !== null,
    stop: reloads.stop,
  };
}

/** The end is told to one that serves by then, the newest: whoever asked is likely to be gone. */
function tell(crew: Crew, result: ReloadResult): void {
  const serving = crew.members().filter((member) => member.info().state === "ready");
  serving.at(-1)?.send({ tidegate: "reloaded", result });
}
