/** One worker, as the supervisor sees it. */
import cluster from "node:cluster";
import type { Runtime } from "../../runtime.ts";
import { ours, SUPERVISED, type ToSupervisor, type ToWorker, type WorkerInfo, type WorkerState } from "../messages.ts";
import { type HeardFigures, heardFigures } from "./heard-figures.ts";

/** A worker that has had its time and has not ended is killed after this. */
const KILL_AFTER_MS = 5_000;

export interface MemberOptions {
  /** Variables of its environment, beside this process's own. */
  readonly variables: Readonly<Record<string, string>>;
  /** Longest it may take to be ready. */
  readonly startWithinMs: number;
  /** How often it is asked whether it is alive. */
  readonly beatMs: number;
  /** Heartbeats without an answer that are a stall. */
  readonly stallBeats: number;
  readonly runtime: Runtime;
  /** What it asks. */
  readonly hear: (message: Extract<ToSupervisor, { tidegate: "ask" }>, member: Member) => void;
  readonly onStall: (member: Member) => void;
}

export interface Member {
  info(): WorkerInfo;
  /** Where it can be asked. Rejects when it ends or takes too long before. */
  readonly ready: Promise<string>;
  /** How it ended, in words. Never rejects. */
  readonly ended: Promise<string>;
  livedMs(): number;
  /** For how long it has owed an answer to a heartbeat; 0 where it owes none. */
  silentMs(): number;
  send(message: ToWorker): void;
  /** What it has counted. */
  readonly figures: Pick<HeardFigures, "last" | "fresh">;
  /** To be called every `beatMs`: asks whether it is alive. */
  beat(): void;
  /** Others serve now: it may answer what comes on its connections for so long. Resolves when it has ended. */
  retire(withinMs: number): Promise<void>;
  /** It is to end soon; `withinMs` later at the latest it is killed. Resolves when it has ended. */
  stop(withinMs: number): Promise<void>;
}

/** Starts a process that runs the same entry as this one. */
export function startMember(options: MemberOptions): Member {
  const { variables, startWithinMs, beatMs, stallBeats, runtime, hear, onStall } = options;
  const worker = cluster.fork({ ...variables, [SUPERVISED]: "1" });
  const startedAt = Math.floor(runtime.wallMs());
  const bornAt = runtime.monotonicMs();
  const ready = Promise.withResolvers<string>();
  const ended = Promise.withResolvers<string>();
  // Who waits for it hears of it; who does not is not to be ended by it.
  ready.promise.catch(() => {});
  let state: WorkerState = "starting";
  let lastBeatAt: number | null = null;
  let unanswered = 0;

  const late = setTimeout(() => {
    ready.reject(new Error(`worker ${worker.process.pid}: it must be ready within ${startWithinMs} ms, and was not`));
  }, startWithinMs);
  const gone = (how: string) => {
    clearTimeout(late);
    ready.reject(new Error(`worker ${worker.process.pid}: it must be ready to serve, and ${how}`));
    ended.resolve(how);
  };
  worker.once("exit", (code, signal) => gone(signal ? `was ended by ${signal}` : `ended with code ${code}`));
  // Also where a message could not be sent, which its end then explains.
  worker.on("error", (error) => worker.process.pid === undefined && gone(`could not be started: ${error.message}`));

  const send = (message: ToWorker) => {
    if (worker.isConnected()) worker.send(message, undefined, () => {});
  };
  const figures = heardFigures(() => send({ tidegate: "figures" }), ended.promise);
  worker.on("message", (message) => {
    const told = ours<ToSupervisor>(message);
    if (told?.tidegate === "ready" && state === "starting") {
      clearTimeout(late);
      state = "ready";
      ready.resolve(told.url);
    }
    if (told?.tidegate === "beat") {
      unanswered = 0;
      lastBeatAt = Math.floor(runtime.wallMs());
      if (state === "stalled") state = "ready";
    }
    if (told?.tidegate === "figures") figures.hear(told.families);
    if (told?.tidegate === "ask" && told.ask.kind === "figures") figures.hear(told.ask.own);
    if (told?.tidegate === "drained") send({ tidegate: "leave" });
    if (told?.tidegate === "ask") hear(told, member);
  });

  const endWithin = async (withinMs: number): Promise<void> => {
    const kill = setTimeout(() => worker.process.kill("SIGKILL"), withinMs + KILL_AFTER_MS);
    await ended.promise;
    clearTimeout(kill);
  };

  const member: Member = {
    info: () => ({ pid: worker.process.pid ?? 0, state, startedAt, lastBeatAt }),
    ready: ready.promise,
    ended: ended.promise,
    livedMs: () => runtime.monotonicMs() - bornAt,
    silentMs: () => unanswered * beatMs,
    send,
    figures,
    // Beats are counted, not timed: a supervisor that was stopped itself must not blame its workers.
    beat: () => {
      if (state !== "ready" && state !== "stalled") return;
      if (unanswered === 0) send({ tidegate: "beat" });
      unanswered += 1;
      if (unanswered <= stallBeats || state === "stalled") return;
      state = "stalled";
      onStall(member);
    },
    retire: (withinMs) => {
      // One that stalls answers nothing, whatever time it has.
      const grantedMs = state === "stalled" ? 0 : withinMs;
      state = "draining";
      send({ tidegate: "retire", withinMs: grantedMs });
      return endWithin(grantedMs);
    },
    stop: (withinMs) => {
      // One that is starting does not listen yet.
      if (state === "starting") worker.process.kill("SIGTERM");
      state = "draining";
      send({ tidegate: "stop" });
      return endWithin(withinMs);
    },
  };
  return member;
}
