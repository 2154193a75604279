/**
 * The machine in TypeScript and its script in a remote home, told the same random histories by the same clock: they
 * answer the same, report the same, push the same and hold the same. The network loses, delays, repeats and reorders,
 * instances lie, the store loses everything and its clock falls back. `TIDEGATE_SEED` runs other histories, `TIDEGATE_FULL=1` a long run.
 */
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Renewal } from "../../lib/gate/renewal.ts";
import type { GateSnapshot } from "../../lib/gate/snapshot.ts";
import type { GateState } from "../../lib/gate/state.ts";
import type { Step } from "../../lib/gate/step.ts";
import { decodeStep } from "../../lib/store/lua/gate/answer.ts";
import { GATE_SCRIPT } from "../../lib/store/lua/gate/script.generated.ts";
import { encodeRenewal, gateKeys } from "../../lib/store/lua/gate/wire.ts";
import type { Script, ScriptRunner } from "../../lib/store/lua/script.ts";
import { knowledge } from "../gate/model/actions.ts";
import { Coverage } from "../gate/model/coverage.ts";
import { type Follower, Simulation } from "../gate/model/simulation.ts";
import { sortedSnapshot } from "../support/gate-home.ts";
import { type RedisServer, redisUnavailable, startRedis } from "../support/redis.ts";
import { storedGate } from "../support/redis-gate.ts";
import { drilledHistory, drilledRules } from "./drills.ts";
import { type OpenHome, REMOTE_HOMES } from "./remote-homes.ts";

const full = process.env.TIDEGATE_FULL === "1";
const LENGTH = full ? 1 : 0;
const seed = Number(process.env.TIDEGATE_SEED ?? 9);
/** Some histories are told while the server is busy with another. */
const LANES = 4;
/** Few, so that a short run does not become a long one. */
const RUNS_A_ROUND = 5;
const ACTIONS_AT_ONCE = 50;
/** A look at everything that is stored costs as much as ten renewals. */
const WHOLE_LOOK_RENEWALS = 40;
const GATE: Script = { what: "renew at a gate", text: GATE_SCRIPT };
const FORGET: Script = { what: "forget a history", text: 'return redis.call("UNLINK", unpack(KEYS))' };

interface Seen {
  readonly at: string;
  readonly renewal: Renewal;
  readonly done: Pick<Step, "reply" | "events" | "push">;
  readonly saved: GateSnapshot | null;
  readonly answer: Promise<unknown>;
  readonly stored: ReturnType<typeof storedGate> | null;
}

/** Sends the renewals of a history one after the other, since requests over REST may overtake each other. */
class Remote implements Follower {
  readonly #runner: ScriptRunner;
  #key: string;
  #lives = 0;
  #last: Promise<unknown> = Promise.resolve();
  readonly #keys = new Set<string>();
  readonly #seen: Seen[] = [];

  constructor(runner: ScriptRunner, key: string) {
    this.#runner = runner;
    this.#key = key;
  }

  #inTurn<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    const answer = this.#last.then(ask);
    this.#last = answer;
    // Looked at in `agrees`; until then a refusal is nobody's.
    answer.catch(() => {});
    return answer;
  }

  follow(renewal: Renewal, now: number, { reply, events, push }: Step, gate: GateState): void {
    const key = this.#key;
    const keys = gateKeys(key);
    for (const one of keys) this.#keys.add(one);
    const values = [encodeRenewal(renewal), String(now)];
    const answer = this.#inTurn(() => this.#runner.run(GATE, keys, values));
    const whole = this.#seen.length % WHOLE_LOOK_RENEWALS === 0 || renewal.session === "stranger";
    const stored = whole ? this.#inTurn(() => storedGate(this.#runner, key)) : null;
    const at = `renewal ${this.#seen.length} of ${this.#key} at ${now}`;
    // What is answered is never changed later; what is held is.
    this.#seen.push({
      at,
      renewal,
      done: { reply, events, push },
      saved: whole ? sortedSnapshot(gate) : null,
      answer,
      stored,
    });
  }

  forget(): void {
    this.#key = `${this.#key}+${++this.#lives}`;
  }

  async caughtUp(): Promise<void> {
    await this.#last.catch(() => {});
  }

  async agrees(): Promise<void> {
    for (const { at, renewal, done, saved, answer, stored } of this.#seen) {
      const { touched: _, keptUntil: __, ...found } = decodeStep(await answer, renewal.n);
      if (!isDeepStrictEqual(found, done)) expect(found, `${at}: ${JSON.stringify(renewal)}`).toEqual(done);
      const held = await stored;
      if (held) expect(held.faults, at).toEqual([]);
      if (held && !isDeepStrictEqual(held.saved, saved)) expect(held.saved, at).toEqual(saved);
    }
    await this.#runner.run(FORGET, [...this.#keys], []);
  }
}

describe.skipIf(redisUnavailable()).each(REMOTE_HOMES)(`$name and TypeScript ${redisUnavailable() ?? ""}`, (kind) => {
  const [renewals, leastSeen] = [kind.renewals[LENGTH] ?? 0, kind.leastSeen[LENGTH] ?? 0];
  let server: RedisServer;
  let home: OpenHome;

  beforeAll(async () => {
    server = await startRedis();
    home = await kind.open(server.url);
  });
  afterAll(async () => {
    await home?.close();
    await server?.dispose();
  });

  test(`mean the same by ${renewals} renewals`, async () => {
    const coverage = new Coverage();
    let runs = 0;
    const lane = async (first: number): Promise<void> => {
      for (let round = first; coverage.steps < renewals; round += LANES) {
        const property = fc.asyncProperty(drilledRules, knowledge, drilledHistory, async (config, known, actions) => {
          const remote = new Remote(home.runner, `{run ${runs++}}`);
          const simulation = new Simulation(config, known, coverage, remote);
          for (const [n, action] of actions.entries()) {
            simulation.act(action);
            // A process that does not look at its sockets for long takes the server for silent.
            if (n % ACTIONS_AT_ONCE === 0) await remote.caughtUp();
          }
          simulation.fallsSilent();
          await remote.agrees();
        });
        // Shrinking a history takes an hour; what failed names its renewal.
        await fc.assert(property, { numRuns: RUNS_A_ROUND, seed: seed + round, endOnFailure: true });
      }
    };
    await Promise.all(Array.from({ length: LANES }, (_, first) => lane(first)));
    if (full) console.info(`${coverage.steps} renewals: ${coverage}`);
    expect(coverage.rarerThan(leastSeen)).toEqual([]);
  }, 3_600_000);
});
