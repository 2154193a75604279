/** The gate in Redis: what a batch costs beside a script that gets the same and returns at once, and beside a semaphore. */
import { createClient } from "redis";
import type { Batch, Command } from "../../lib/gate/commands.ts";
import { GATE_SCRIPT } from "../../lib/store/lua/gate/script.ts";
import { decodeStep, encodeBatch, gateKeys } from "../../lib/store/lua/gate/wire.ts";
import { RULES } from "../support/gate.ts";
import { redisUnavailable, startRedis } from "../support/redis.ts";
import { measure, type Plan, print } from "./measure.ts";
import { semaphoreAt } from "./semaphore.ts";

const CONFIG = { ...RULES, capacity: { request: 100_000, slow: 0, health: 1 }, maxWaiting: 10_000 };
const OPENS = {
  life: null,
  generation: 0,
  overrideVersion: 0,
  about: { runtime: "bench", region: "", version: "0", startedAt: 0 },
};
const DEPTH = 16;

export async function benchRedis(): Promise<void> {
  const reason = redisUnavailable();
  if (reason !== undefined) return console.log(`\nRedis: not measured, ${reason}`);
  const server = await startRedis();
  const client = createClient({ url: server.url, RESP: 2 });
  client.on("error", () => {});
  await client.connect();
  const [gate, nothing] = await Promise.all([client.scriptLoad(GATE_SCRIPT), client.scriptLoad("return 1")]);
  const semaphore = semaphoreAt(server.url);
  const opened = new Set<string>();
  let n = 0;

  const send = async (digest: string, key: string, session: string, commands: readonly Command[]) => {
    const batch: Batch = {
      session,
      opens: digest !== gate || opened.has(`${key} ${session}`) ? null : OPENS,
      doneBelow: 0,
      jitter: 0,
      config: CONFIG,
      refusedLocally: 0,
      commands,
    };
    if (digest === gate) opened.add(`${key} ${session}`);
    const keys = gateKeys(`{bench:${key}}`);
    const answer = await client.sendCommand(["EVALSHA", digest, String(keys.length), ...keys, encodeBatch(batch)]);
    return digest === gate ? decodeStep(answer) : null;
  };
  /** As a busy instance does: the settle of one call rides with the admit of the next. */
  const pairs = (digest: string, key: string, count: number) => {
    const commands: Command[] = [];
    for (let pair = 0; pair < count; pair++) {
      commands.push({ kind: "settle", id: `pairs.${n}`, outcome: "success", slow: false });
      commands.push({ kind: "admit", id: `pairs.${++n}`, lane: "request", deadlineMs: 60_000, waitMs: 0 });
    }
    return send(digest, key, "pairs", commands);
  };
  const plan = (runsPerRound: number): Plan => ({ rounds: 11, runsPerRound });
  const compared = async (title: string, runs: number, together: number) => {
    const times = (run: () => Promise<unknown>) => () => Promise.all(Array.from({ length: together }, run));
    const candidates = [
      { name: "a script that returns at once", run: times(() => pairs(nothing, "pairs", 1)) },
      { name: "admit + settle", run: times(() => pairs(gate, "pairs", 1)) },
      { name: "redis-semaphore: acquire + release", run: times(semaphore.inAndOut) },
    ];
    print(title, await measure(candidates, plan(runs)));
  };
  try {
    // A busy instance's code has long been optimised.
    for (let run = 0; run < 5_000; run++) await pairs(gate, "warm", 1);
    await compared("Redis, one batch at a time (at most 2x)", 500, 1);
    await compared(`Redis, ${DEPTH} batches in flight (at most 5x)`, 60, DEPTH);
    const sizes = [1, 16];
    const bySize = await measure(
      sizes.map((size) => ({ name: `${size} pairs a batch, per pair`, run: () => pairs(gate, "sizes", size) })),
      plan(200),
    );
    const perPair = bySize.map((one, at) => ({
      ...one,
      microsecondsPerRun: one.microsecondsPerRun / (sizes[at] ?? 1),
    }));
    print("Redis, pairs in one batch (at most 0.5x)", perPair);

    for (let before = 0; before < 100_000; before += 1_000) await pairs(gate, "used", 1_000);
    const byUse = ["unused", "used"].map((key) => ({
      name: `after ${key === "used" ? "100,000 calls" : "none"}`,
      run: () => pairs(gate, key, 1),
    }));
    print("Redis, by calls seen before", await measure(byUse, plan(300)));

    for (const what of ["permits", "tickets", "sessions"] as const) {
      const amounts = [0, 100, 1_000];
      for (const amount of amounts)
        await fill(what, amount, (session, commands) => send(gate, `${what}${amount}`, session, commands));
      const candidates = amounts.map((amount) => ({
        name: `${amount} ${what}`,
        run: () => pairs(gate, `${what}${amount}`, 1),
      }));
      print(`Redis, by living ${what}`, await measure(candidates, plan(300)));
    }
  } finally {
    semaphore.close();
    await client.close();
    await server.dispose();
  }
}

type Fill = (session: string, commands: readonly Command[]) => Promise<unknown>;

async function fill(what: "permits" | "tickets" | "sessions", amount: number, send: Fill): Promise<void> {
  const lane = what === "tickets" ? "slow" : "request";
  const waitMs = what === "tickets" ? 3_600_000 : 0;
  for (let n = 0; n < amount; n++) {
    if (what === "sessions") await send(`session-${n}`, []);
    else await send("filler", [{ kind: "admit", id: `filler.${n}`, lane, deadlineMs: 3_600_000, waitMs }]);
  }
}
