/** Several processes on one port, replaced one by one without losing a request, by `node:cluster`. */
import cluster from "node:cluster";
import type { Config } from "../config.ts";
import { createLog, type RunningLog } from "../log/log.ts";
import type { Log } from "../log/port.ts";
import { createRedactor } from "../log/redaction.ts";
import { isTerminal, type Runtime, systemRuntime } from "../runtime.ts";
import {
  type ReloadRefusal,
  type ReloadReply,
  type ReloadRequest,
  type ReloadResult,
  SUPERVISED,
  type SupervisorReport,
  type WorkerInfo,
} from "./messages.ts";
import { replacementWay } from "./restart.ts";
import { createCrew, type Place } from "./supervisor/crew.ts";
import { startMember } from "./supervisor/member.ts";
import { createReloads } from "./supervisor/reloads.ts";
import { type LedgerPlace, watchStalls } from "./supervisor/stalls.ts";
import { startSecrets } from "./supervisor/start-secrets.ts";

const BEAT_MS = 1_000;
/** A worker that is to end with everything has as long as a single process; then it is killed. */
const STOP_MS = 10_000;
/** What a request has beyond its longest statement, before a worker that was replaced closes its connections. */
const DRAIN_MARGIN_MS = 5_000;
const STOP_SIGNALS = ["SIGTERM", "SIGINT"] as const;

export interface SuperviseOptions {
  readonly config: Config;
  /** How many; null: this process alone, without a supervisor. Default: the configuration's, by `WEB_CONCURRENCY`. */
  readonly workers?: number | null;
  /** Longest a worker may take until it can answer requests. Default 60,000. */
  readonly startWithinMs?: number;
  /** Longest a worker that was replaced may go on. Default: the longest statement that is allowed, and 5,000. */
  readonly drainMs?: number;
  /** An event loop that has not come round for so long is a stall; well above any pause of the collector. Default 10,000. */
  readonly stallMs?: number;
  /** Once for each stall. */
  readonly onStall?: (worker: WorkerInfo) => void;
  /**
   * Where restarts are decided. With it, and `WATCHDOG_ENABLED`, a worker that stalls is replaced as far as their policy
   * allows, and killed if it does not end; without it a stall is only logged.
   */
  readonly ledger?: () => Promise<LedgerPlace>;
  readonly log?: Log;
  readonly runtime?: Runtime;
}

export interface Supervisor {
  workers(): readonly WorkerInfo[];
  report(): SupervisorReport;
  /**
   * Replaces all workers, one by one. A second one while it is under way is refused, since it may be for something newer
   * than what was started first.
   *
   * @returns How it ended, also where it stopped halfway; or why it did not begin. Never rejects.
   */
  reload(reason: string): Promise<ReloadResult | ReloadRefusal>;
  /** The same for one worker. */
  replace(pid: number): Promise<ReloadResult | ReloadRefusal>;
  /** Lets requests end, then ends all. Idempotent. */
  stop(): Promise<void>;
}

/** What this process turned out to be. `url` is where requests are answered. */
export type Running =
  | { readonly role: "single" | "worker"; readonly url: string }
  | { readonly role: "supervisor"; readonly url: string; readonly supervisor: Supervisor };

/**
 * Runs `work` in as many processes as the configuration says, which share one port. Every process runs the same entry:
 * the first becomes the supervisor and starts the others. SIGHUP reloads, SIGTERM and SIGINT drain and end everything;
 * workers that fall come back; where the supervisor dies, its workers drain and end.
 *
 * A reload has one process more than workers, and both generations alive: state, and database, must be ones that
 * processes can share.
 *
 * @param work Ends with `serve`, by which the supervisor learns that requests can be answered.
 * @throws Error when a worker does not come up at the start; in a worker and alone, what `work` throws.
 * @example
 * ```ts
 * const running = await supervise(() => serve(app, { tide }), { config });
 * if (running.role !== "worker") console.log(running.url);
 * ```
 */
export async function supervise(
  work: () => Promise<{ readonly url: string }>,
  { workers, ...options }: SuperviseOptions,
): Promise<Running> {
  const size = workers === undefined ? options.config.listen.workers : workers;
  const isWorker = cluster.isWorker && process.env[SUPERVISED] !== undefined;
  if (size === null || isWorker) return { role: isWorker ? "worker" : "single", url: (await work()).url };
  return beSupervisor(size, options);
}

async function beSupervisor(size: number, options: Omit<SuperviseOptions, "workers">): Promise<Running> {
  const { config, runtime = systemRuntime(), startWithinMs = 60_000, stallMs = 10_000 } = options;
  const { callTimeoutMs, slowCallTimeoutMs } = config.pool;
  const { drainMs = Math.max(callTimeoutMs, slowCallTimeoutMs) + DRAIN_MARGIN_MS } = options;
  const ownLog = options.log ? null : logOf(config, runtime);
  const log = options.log ?? (ownLog as Log);

  const variables = startSecrets(config, runtime, log);
  const start = () =>
    startMember({
      ...{ variables, startWithinMs, beatMs: BEAT_MS, stallBeats: Math.ceil(stallMs / BEAT_MS), runtime },
      hear: ({ number, ask }, member) => {
        const reply = ask.kind === "report" ? report() : replyTo(ask.request);
        member.send({ tidegate: "reply", to: number, reply });
      },
      onStall: (member) => {
        log.warn("worker.stalled", { pid: member.info().pid, last_beat_at: member.info().lastBeatAt });
        try {
          options.onStall?.(member.info());
        } catch (error) {
          log.error("listener.failed", { listener: "onStall", error });
        }
      },
    });
  const crew = createCrew({ size, start, stopWithinMs: STOP_MS, random: runtime.random, log });
  const listeners: ((result: ReloadResult) => void)[] = [];
  const onEnded = (result: ReloadResult) => {
    tell(result);
    for (const listener of listeners) listener(result);
  };
  const reloads = createReloads({ crew, drainMs, onEnded, runtime, log });

  const workers = () => crew.members().map((member) => member.info());
  const report = (): SupervisorReport => ({
    pid: process.pid,
    workers: workers(),
    rolling: reloads.rolling(),
    reloads: reloads.results(),
  });
  /** The end is told to one that serves by then, the newest: whoever asked is likely to be gone. */
  const tell = (result: ReloadResult) => {
    const serving = crew.members().filter((member) => member.info().state === "ready");
    serving.at(-1)?.send({ tidegate: "reloaded", result });
  };
  const replyTo = (request: ReloadRequest, places?: readonly Place[]): ReloadReply => {
    const begun = reloads.begin(request, places);
    return begun.kind === "refused" ? begun : { kind: "accepted", id: begun.id };
  };
  const placeOf = (pid: number) => crew.places.find(({ current }) => current?.info().pid === pid);
  const reload = async (reason: string, places?: readonly Place[]) => {
    const begun = reloads.begin({ reason }, places);
    return begun.kind === "refused" ? begun : begun.ended;
  };

  const way = replacementWay({
    replace: (pid, request) => {
      const place = placeOf(pid);
      return place ? replyTo(request, [place]) : { kind: "refused", because: "unknown_worker" };
    },
    onReloaded: (listener) => void listeners.push(listener),
  });
  const { ledger: place } = options;
  const stalls =
    place && config.watchdog.enabled
      ? watchStalls({
          ...{ config, place, way, members: crew.members, isRolling: () => reloads.rolling() !== null },
          ...{ stallMs, runtime, log },
        })
      : undefined;

  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= (async () => {
      log.info("supervisor.stopping", { workers: crew.members().length });
      reloads.stop();
      await Promise.all([crew.stop(STOP_MS), stalls?.stop()]);
      clearInterval(beats);
      process.off("SIGHUP", hangUp);
      for (const signal of STOP_SIGNALS) process.off(signal, stopBy);
      await ownLog?.flush();
    })();
    return stopped;
  };
  let stopSignal: NodeJS.Signals | undefined;
  const stopBy = (signal: NodeJS.Signals) => {
    stopSignal = signal;
    void stop();
  };
  const hangUp = () => void reload("SIGHUP");
  process.on("SIGHUP", hangUp);
  for (const signal of STOP_SIGNALS) process.once(signal, stopBy);
  // Also what keeps this process alive while none of its workers is.
  const beats = setInterval(() => {
    for (const member of crew.members()) member.beat();
  }, BEAT_MS);

  try {
    const [first] = await Promise.all(crew.places.map((place) => crew.fill(place)));
    const url = first?.url ?? "";
    const replace = async (pid: number): ReturnType<Supervisor["replace"]> => {
      const place = placeOf(pid);
      return place ? reload(`replacing ${pid}`, [place]) : { kind: "refused", because: "unknown_worker" };
    };
    const supervisor: Supervisor = { workers, report, reload: (reason) => reload(reason), replace, stop };
    return { role: "supervisor", url, supervisor };
  } catch (error) {
    await stop();
    // Not a failure: it ends by the signal, as any process that is still starting.
    if (stopSignal) process.kill(process.pid, stopSignal);
    throw error;
  }
}

function logOf(config: Config, runtime: Runtime): RunningLog {
  const format = config.log.format ?? (isTerminal() ? "pretty" : "json");
  return createLog({ level: config.log.level, format, redact: createRedactor({ secrets: config.secrets }), runtime });
}
