/** Clients that leave at any moment, thousands of them, and what is left of that: nothing. */
import { setTimeout } from "node:timers/promises";
import { type CountedRuntime, countedRuntime } from "../support/counted-runtime.ts";
import { eventually } from "../support/processes.ts";
import { heapMb, type ListenerWatch, resources, watchListeners } from "./leaks.ts";
import { atOnce, type Instance, keepAsking, RUNNING, type Scene } from "./scene.ts";

const POOL = 10;
const CLIENTS = 40;

export interface Aftermath {
  readonly requests: number;
  /** Of them, those that were answered before they were left. */
  readonly answered: number;
  readonly permits: number;
  readonly waiting: number;
  readonly listeners: number;
  /** Beyond the one that each connection has. */
  readonly timers: number;
  /** More of them than before, by type. */
  readonly resources: Readonly<Record<string, number>>;
  readonly connections: number;
  readonly running: number;
  /** Statements at once, afterwards, of as many as the pool has connections. */
  readonly capacity: number;
  /** Grown by, from a fifth of the requests to the last. */
  readonly heapMb: number;
}

export async function leaveMany(scene: Scene, requests: number): Promise<Aftermath> {
  const runtime = countedRuntime();
  const listeners = watchListeners();
  const env = { DB_POOL_SIZE: String(POOL), DB_MAX_OVERFLOW: "0", DB_POOL_TIMEOUT: "5", DB_CALL_TIMEOUT_MS: "5000" };
  const instance = await scene.instance(env, { runtime });
  try {
    const lives = await keepAsking(CLIENTS, CLIENTS * 3, () => instance.get("/sleep?ms=20"));
    // As long as a request's whole life is here and now, so that it is left in every part of it.
    const longestStayMs = Math.max(...lives.map(({ tookMs }) => tookMs));
    const before = resources();
    await leave(instance, requests / 5, longestStayMs);
    await quiet(scene, instance);
    const heapBefore = heapMb();
    const answered = await leave(instance, requests - requests / 5, longestStayMs);
    await quiet(scene, instance);
    return { requests, answered, ...(await count(scene, instance, { runtime, listeners, before, heapBefore })) };
  } finally {
    listeners.stop();
  }
}

async function leave(instance: Instance, requests: number, longestStayMs: number): Promise<number> {
  const answers = await keepAsking(CLIENTS, requests, async () => {
    const client = new AbortController();
    const left = setTimeout(Math.random() * longestStayMs).then(() => client.abort());
    const answer = await instance.get("/sleep?ms=20", client.signal);
    await left;
    return answer;
  });
  return answers.filter(({ status }) => status !== 0).length;
}

async function quiet(scene: Scene, instance: Instance): Promise<void> {
  await eventually(
    "the server runs nothing of ours, and the gate knows",
    async () => {
      const { permits, waiting } = await instance.held();
      return permits + waiting + (await scene.seen(RUNNING)) === 0;
    },
    60_000,
  );
}

interface Before {
  readonly runtime: CountedRuntime;
  readonly listeners: ListenerWatch;
  readonly before: Readonly<Record<string, number>>;
  readonly heapBefore: number;
}

async function count(scene: Scene, instance: Instance, { runtime, listeners, before, heapBefore }: Before) {
  const grown = heapMb() - heapBefore;
  const connections = await scene.seen("application_name like 'tidegate%'");
  const more = () => Object.entries(resources()).filter(([type, now]) => now > (before[type] ?? 0));
  // Sockets of clients that have left are closed a moment later.
  await eventually("no resource is left", () => more().length === 0).catch(() => {});
  // What it keeps ready for the next call it gives back a second after the last.
  await eventually("nothing is kept ready", () => runtime.timers() <= connections).catch(() => {});
  const timers = runtime.timers() - connections;
  const left = listeners.left();
  const { permits, waiting } = await instance.held();
  const running = await scene.seen(RUNNING);
  const capacity = await atOnce(scene, instance, POOL);
  return {
    ...{ permits, waiting, timers, connections, running, capacity },
    listeners: left,
    resources: Object.fromEntries(more()),
    heapMb: grown,
  };
}
