/**
 * The machine in TypeScript and its script in Redis, told the same random histories by the same clock: they answer the
 * same, report the same, wake the same and hold the same. The network loses, delays, repeats and reorders, the store
 * loses everything and its clock falls back. `TIDEGATE_SEED` runs other histories, `TIDEGATE_FULL=1` a long run.
 */
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { createClient } from "redis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Batch } from "../../lib/gate/commands.ts";
import type { GateSnapshot, GateState } from "../../lib/gate/state.ts";
import type { Step } from "../../lib/gate/step.ts";
import { GATE_SCRIPT } from "../../lib/store/lua/gate/script.ts";
import { decodeStep, encodeBatch, gateKeys } from "../../lib/store/lua/gate/wire.ts";
import { knowledge } from "../gate/model/actions.ts";
import { Coverage } from "../gate/model/coverage.ts";
import { type Follower, Simulation } from "../gate/model/simulation.ts";
import { sortedSnapshot } from "../support/gate-home.ts";
import { type RedisServer, redisUnavailable, startRedis } from "../support/redis.ts";
import { type Send, storedGate } from "../support/redis-gate.ts";
import { drilledHistory, drilledRules } from "./drills.ts";

const full = process.env.TIDEGATE_FULL === "1";
const STEPS = full ? 1_000_000 : 60_000;
/** Each answer, refusal and transition. */
const LEAST_SEEN = full ? 1_000 : 100;
const seed = Number(process.env.TIDEGATE_SEED ?? 9);
/** One history is told while the server is busy with another. */
const LANES = 2;
/** A look at everything that is stored costs as much as ten batches. */
const WHOLE_LOOK_BATCHES = 40;

interface Seen {
  readonly at: string;
  readonly batch: Batch;
  readonly done: Pick<Step, "reply" | "events" | "wake">;
  readonly saved: GateSnapshot | null;
  readonly answer: Promise<unknown>;
  readonly stored: ReturnType<typeof storedGate> | null;
}

/** Sends every batch of a history at once; the connection keeps their order. */
class InRedis implements Follower {
  readonly #send: Send;
  readonly #sha: string;
  #key: string;
  #lives = 0;
  readonly #keys: string[] = [];
  readonly #seen: Seen[] = [];

  constructor(send: Send, sha: string, key: string) {
    this.#send = send;
    this.#sha = sha;
    this.#key = key;
  }

  follow(batch: Batch, now: number, { reply, events, wake }: Step, gate: GateState): void {
    const keys = gateKeys(this.#key);
    if (!this.#keys.includes(keys[0] ?? "")) this.#keys.push(...keys);
    const answer = this.#send(["EVALSHA", this.#sha, String(keys.length), ...keys, encodeBatch(batch), String(now)]);
    // Looked at in `agrees`; until then a refusal is nobody's.
    answer.catch(() => {});
    const whole = this.#seen.length % WHOLE_LOOK_BATCHES === 0 || batch.session === "stranger";
    const stored = whole ? storedGate(this.#send, this.#key) : null;
    stored?.catch(() => {});
    const at = `batch ${this.#seen.length} of ${this.#key} at ${now}`;
    // What is answered is never changed later; what is held is.
    this.#seen.push({
      at,
      batch,
      done: { reply, events, wake },
      saved: whole ? sortedSnapshot(gate) : null,
      answer,
      stored,
    });
  }

  forget(): void {
    this.#key = `${this.#key}+${++this.#lives}`;
  }

  async agrees(): Promise<void> {
    for (const { at, batch, done, saved, answer, stored } of this.#seen) {
      const { touched: _, ...found } = decodeStep(await answer);
      if (!isDeepStrictEqual(found, done)) expect(found, `${at}: ${JSON.stringify(batch)}`).toEqual(done);
      const held = await stored;
      if (held) expect(held.faults, at).toEqual([]);
      if (held && !isDeepStrictEqual(held.saved, saved)) expect(held.saved, at).toEqual(saved);
    }
    await this.#send(["UNLINK", ...this.#keys]);
  }
}

describe.skipIf(redisUnavailable())(`Redis and TypeScript ${redisUnavailable() ?? ""}`, () => {
  let server: RedisServer;
  let send: Send;
  let close: () => Promise<void>;
  let sha: string;

  beforeAll(async () => {
    server = await startRedis();
    const client = createClient({ url: server.url, RESP: 2 });
    client.on("error", () => {});
    await client.connect();
    send = (command) => client.sendCommand([...command]);
    close = () => client.close();
    sha = await client.scriptLoad(GATE_SCRIPT);
  });
  afterAll(async () => {
    await close?.();
    await server?.dispose();
  });

  test(`mean the same by ${STEPS} batches`, async () => {
    const coverage = new Coverage();
    let runs = 0;
    const lane = async (first: number): Promise<void> => {
      for (let round = first; coverage.steps < STEPS; round += LANES) {
        const property = fc.asyncProperty(drilledRules, knowledge, drilledHistory, async (config, known, actions) => {
          coverage.nextRun();
          const inRedis = new InRedis(send, sha, `{run ${runs++}}`);
          const simulation = new Simulation(config, known, coverage, inRedis);
          for (const action of actions) simulation.act(action);
          simulation.fallsSilent();
          await inRedis.agrees();
        });
        await fc.assert(property, { numRuns: 20, seed: seed + round });
      }
    };
    await Promise.all(Array.from({ length: LANES }, (_, first) => lane(first)));
    if (full) console.info(`${coverage.steps} batches: ${coverage}`);
    expect(coverage.rarerThan(LEAST_SEEN)).toEqual([]);
  }, 3_600_000);
});
