/** The server that has the gate dies or freezes under load, and another takes over: in a cluster, and by Sentinels. */
import { setTimeout } from "node:timers/promises";
import { gateKey } from "../../lib/guard/names.ts";
import { offer, tally } from "../support/load.ts";
import { eventually } from "../support/processes.ts";
import type { RedisServer } from "../support/redis.ts";
import { startRedisCluster } from "../support/redis-cluster.ts";
import { startWatchedRedis } from "../support/redis-sentinels.ts";
import { lifetimeMs, onScene } from "./scene.ts";
import { outsideContract } from "./store-away.ts";

const CALL_TIMEOUT_MS = 1_000;
const NAMESPACE = "failover";
const GATE = `${gateKey(NAMESPACE, "main")}:gate`;
const STATEMENT_MS = 10;

/** What has the fleet's state, on several servers. */
interface Home {
  readonly url: string;
  /** That has the gate now. */
  readonly owner: () => Promise<RedisServer>;
  /** Whether the failover is over: another is named where this one was, and takes writes. Does not ask this one. */
  readonly isReplaced: (old: RedisServer) => Promise<boolean>;
  readonly dispose: () => Promise<void>;
}

const takesWrites = async (server: RedisServer) => (await server.tell("ROLE")).includes("master");

export async function clusterHome(): Promise<Home> {
  const { url, servers, ownerOf, dispose } = await startRedisCluster();
  const has = async (server: RedisServer) =>
    (await server.tell("EVAL", "return redis.call('EXISTS', KEYS[1])", "1", GATE)).startsWith(":") &&
    (await takesWrites(server));
  const isReplaced = async (old: RedisServer) =>
    (await Promise.all(servers.filter((server) => server !== old).map(has))).some(Boolean);
  return { url, owner: () => ownerOf(GATE), isReplaced, dispose };
}

export async function sentinelHome(): Promise<Home> {
  const { url, servers, sentinels, primary, dispose } = await startWatchedRedis();
  /** By the word of so many as have to agree. */
  async function isReplaced(old: RedisServer): Promise<boolean> {
    const told = await Promise.all(sentinels.map((one) => one.tell("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "main")));
    const naming = ({ port }: RedisServer) => told.filter((text) => text.includes(`\r\n${port}\r\n`)).length;
    const other = servers.find((server) => server !== old && naming(server) > sentinels.length / 2);
    return other !== undefined && (await takesWrites(other));
  }
  return { url, owner: primary, isReplaced, dispose };
}

export interface FailoverFigures {
  /** From the loss of one server until another takes its writes. */
  readonly failoverMs: readonly number[];
  /** From then on, until all instances that had lost it had the shared gate again. */
  readonly backAfterMs: readonly number[];
  readonly peakBefore: number;
  /** Within one lifetime of a permit from a loss on. */
  readonly peakAtEdges: number;
  readonly peakAfterwards: number;
  readonly answers: Readonly<Record<string, number>>;
  readonly outsideContract: readonly string[];
  readonly calls: number;
}

export interface FailoverOptions {
  readonly home: () => Promise<Home>;
  readonly size: number;
  readonly perSecond: number;
  readonly times: number;
  /** Killed, which is noticed at once; or stopped, so that its connections stay. */
  readonly how: "killed" | "frozen";
}

export async function failover({ home, size, perSecond, times, how }: FailoverOptions): Promise<FailoverFigures> {
  const state = await home();
  const env = { STATE_URL: state.url, STATE_NAMESPACE: NAMESPACE };
  const settledMs = lifetimeMs(CALL_TIMEOUT_MS) + 1_000;
  try {
    return await onScene(
      { size, callTimeoutMs: CALL_TIMEOUT_MS, storeDeadlineMs: 250, env },
      async ({ fleet, statements }) => {
        const startedAt = Date.now();
        const load = offer(fleet, perSecond, { tag: "load", ms: STATEMENT_MS });
        await setTimeout(3_000);
        const losses: { readonly from: number; readonly promotedAt: number; readonly until: number }[] = [];
        let settled: readonly (readonly [from: number, until: number])[] = [];
        for (let turn = 0; turn < times; turn++) {
          const owner = await state.owner();
          const lostBefore = fleet.lines("store.away").length;
          const from = Date.now();
          if (how === "frozen") owner.pause();
          else await owner.kill();
          const isReplaced = () => state.isReplaced(owner).catch(() => false);
          await eventually("another takes over", isReplaced, 30_000);
          const promotedAt = Date.now();
          // On a busy machine one of them may sleep through it.
          const areBack = () => {
            const lost = fleet.lines("store.away").length;
            return lost > lostBefore && fleet.lines("store.back").length === lost;
          };
          await eventually("all are back", areBack, 30_000);
          const until = Date.now();
          losses.push({ from, promotedAt, until });
          if (how === "frozen") owner.resume();
          else await owner.start();
          await setTimeout(settledMs);
          const settledAt = Date.now();
          await setTimeout(2_000);
          settled = [...settled, [settledAt, Date.now()]];
        }
        const answers = await load.stop();
        return {
          failoverMs: losses.map(({ from, promotedAt }) => promotedAt - from),
          backAfterMs: losses.map(({ promotedAt, until }) => until - promotedAt),
          peakBefore: statements.peak(startedAt, losses[0]?.from ?? startedAt),
          peakAtEdges: Math.max(...losses.map(({ from, until }) => statements.peak(from, until + settledMs))),
          peakAfterwards: Math.max(...settled.map(([from, until]) => statements.peak(from, until))),
          answers: tally(answers),
          // A slow machine has a slow database.
          outsideContract: outsideContract(answers.filter(({ code }) => code !== "DB_QUERY_TIMEOUT")).slice(0, 5),
          calls: answers.length,
        };
      },
    );
  } finally {
    await state.dispose();
  }
}
