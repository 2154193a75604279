/**
 * Several processes on one port, replaced one by one without losing a request, by `node:cluster`.
 *
 * Map of `supervisor/`: a `member` is one worker, the `crew` the places that workers fill, `backoff` how long one that
 * fell is waited for; `reloads` replaces them, `replacements` is who may ask for that; `figures` are those of all; `stalls` looks for workers whose
 * event loop stands still, `start-secrets` is what all workers share.
 */
import cluster from "node:cluster";
import type { Config } from "../config.ts";
import { chooseLog } from "../log/choose.ts";
import type { EventLog } from "../log/events.ts";
import { originOf } from "../log/origin.ts";
import type { Log } from "../log/port.ts";
import { createRedactor } from "../log/redaction.ts";
import { type Runtime, systemRuntime } from "../runtime.ts";
import { STOP_SIGNALS } from "./closing.ts";
import {
  type Answer,
  type ReloadRefusal,
  type ReloadResult,
  SUPERVISED,
  type SupervisorReport,
  type WorkerInfo,
  type WorkerQuestion,
} from "./messages.ts";
import { createCrew } from "./supervisor/crew.ts";
import { createFigures } from "./supervisor/figures.ts";
import { type Member, startMember } from "./supervisor/member.ts";
import { createReplacements } from "./supervisor/replacements.ts";
import { type LedgerPlace, watchStalls } from "./supervisor/stalls.ts";
import { startSecrets } from "./supervisor/start-secrets.ts";

const BEAT_MS = 1_000;

/** How many processes run, and how they are looked after. Times are milliseconds. */
export interface SuperviseOptions {
  /** By which it logs, and knows how long statements may take. */
  readonly config: Config;
  /** How many processes; null: this one alone, without a supervisor. Default: the configuration's, by `WEB_CONCURRENCY`. */
  readonly workers?: number | null;
  /** Longest a worker may take until it can answer requests. Default 60,000. */
  readonly startWithinMs?: number;
  /** Longest a worker that was replaced, or is to end with everything, may go on. Default: `HTTP_DRAIN_SECONDS`. */
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
  /** Default: lines on the console, by the configuration's level and format. */
  readonly log?: Log;
  /** Clock, timers and chance. Default: the platform's. */
  readonly runtime?: Runtime;
}

/** Runs several workers, and replaces them. */
export interface Supervisor {
  /** All of them, those that are ending included. */
  workers(): readonly WorkerInfo[];
  /** Itself, its workers and its last reloads. */
  report(): SupervisorReport;
  /**
   * Replaces all workers, one by one. A second one while it is under way is refused, since it may be for something newer
   * than what was started first.
   *
   * @returns How it ended, also where it stopped halfway; or why it did not begin. Never rejects.
   */
  reload(reason: string): Promise<ReloadResult | ReloadRefusal>;
  /** The same for the one worker whose process has this pid. Never rejects. */
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
  const { config, runtime = systemRuntime(), stallMs = 10_000, ledger: place } = options;
  const { drainMs = config.listen.drainMs } = options;
  const redact = createRedactor({ secrets: config.secrets });
  const { log: own, flush } = chooseLog({
    own: options.log,
    settings: config.log,
    redact,
    origin: originOf(),
    runtime,
  });
  const log: EventLog = own;

  const replyTo = (question: WorkerQuestion, asking: Member) =>
    question.kind === "figures" ? figures.collect(asking, question.own) : replacements.replyTo(question);
  const startOne = starterOf({ ...options, stallMs }, runtime, log, replyTo);
  const start = () => {
    const member = startOne();
    figures.follow(member);
    return member;
  };
  const crew = createCrew({ size, start, stopWithinMs: drainMs, random: runtime.random, log });
  const figures = createFigures(crew.members);
  const replacements = createReplacements({ crew, drainMs, runtime, log });
  const { provider, isRolling } = replacements;
  const stalls =
    place && config.watchdog.enabled
      ? watchStalls({ config, place, provider, members: crew.members, isRolling, stallMs, runtime, log })
      : undefined;

  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= (async () => {
      log.info("supervisor.stopping", { workers: crew.members().length });
      replacements.stop();
      await Promise.all([crew.stop(drainMs), stalls?.stop()]);
      clearInterval(beats);
      signals.off();
      log.info("supervisor.stopped", {});
      await flush();
    })();
    return stopped;
  };
  const signals = onSignals({ hangUp: () => void replacements.reload("SIGHUP"), stop: () => void stop() });
  // Also what keeps this process alive while none of its workers is.
  const beats = setInterval(() => {
    for (const member of crew.members()) member.beat();
  }, BEAT_MS);

  try {
    const [first] = await Promise.all(crew.places.map((each) => crew.fill(each)));
    log.info("supervisor.started", { url: first?.url, workers: size });
    const { workers, report, reload, replace } = replacements;
    return { role: "supervisor", url: first?.url ?? "", supervisor: { workers, report, reload, replace, stop } };
  } catch (error) {
    await stop();
    // Not a failure: it ends by the signal, as any process that is still starting.
    const signal = signals.stoppedBy();
    if (signal) process.kill(process.pid, signal);
    throw error;
  }
}

/** What starts a worker, and hears it: what it asks, and that it stalls. */
function starterOf(
  { config, startWithinMs = 60_000, stallMs, onStall }: SuperviseOptions & { readonly stallMs: number },
  runtime: Runtime,
  log: EventLog,
  replyTo: (question: WorkerQuestion, asking: Member) => Answer | Promise<Answer>,
): () => Member {
  const variables = startSecrets(config, runtime, log);
  return () =>
    startMember({
      variables,
      startWithinMs,
      beatMs: BEAT_MS,
      stallBeats: Math.ceil(stallMs / BEAT_MS),
      runtime,
      hear: async ({ number, ask }, member) =>
        member.send({ tidegate: "reply", to: number, reply: await replyTo(ask, member) }),
      onStall: (member) => {
        log.warn("worker.stalled", { worker_pid: member.info().pid, last_beat_at: member.info().lastBeatAt });
        try {
          onStall?.(member.info());
        } catch (error) {
          log.error("listener.failed", { listener: "onStall", error });
        }
      },
    });
}

/** SIGHUP reloads; the first SIGTERM or SIGINT stops everything, the next one of its kind ends the process at once. */
function onSignals({ hangUp, stop }: { readonly hangUp: () => void; readonly stop: () => void }) {
  let stopSignal: NodeJS.Signals | undefined;
  const stopBy = (signal: NodeJS.Signals) => {
    stopSignal = signal;
    stop();
  };
  process.on("SIGHUP", hangUp);
  for (const signal of STOP_SIGNALS) process.once(signal, stopBy);
  return {
    stoppedBy: () => stopSignal,
    off: () => {
      process.off("SIGHUP", hangUp);
      for (const signal of STOP_SIGNALS) process.off(signal, stopBy);
    },
  };
}
