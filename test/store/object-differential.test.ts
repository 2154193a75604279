/**
 * The machine in memory and the machine in an object that is evicted again and again, told the same random histories by
 * the same clock: they answer the same, and what the object has stored is what the other holds. `TIDEGATE_SEED` runs
 * other histories, `TIDEGATE_FULL=1` a long run.
 */
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Renewal } from "../../lib/gate/renewal.ts";
import { type GateSnapshot, restore } from "../../lib/gate/snapshot.ts";
import type { GateState } from "../../lib/gate/state.ts";
import type { Step } from "../../lib/gate/step.ts";
import { storedGate } from "../../lib/store/durable-object/entries.ts";
import { knowledge } from "../gate/model/actions.ts";
import { Coverage } from "../gate/model/coverage.ts";
import { type Follower, Simulation } from "../gate/model/simulation.ts";
import { sortedSnapshot } from "../support/gate-home.ts";
import { troubleObject } from "../support/object-trouble.ts";
import type { HistoryCall } from "../support/object-worker.ts";
import { startWorkerd, type Workerd, workerdUnavailable } from "../support/workerd.ts";
import { drilledHistory, drilledRules } from "./drills.ts";

const full = process.env.TIDEGATE_FULL === "1";
const STEPS = full ? 200_000 : 4_000;
const seed = Number(process.env.TIDEGATE_SEED ?? 9);
/** Primes, so that the two do not always meet. */
const EVICTED_EVERY = 7;
const LOOKED_AT_EVERY = 13;

interface Told extends HistoryCall {
  readonly done: Omit<Step, "touched">;
  readonly saved: GateSnapshot | null;
}
type Heard = [{ answer: Step } | { refused: string }, [string, unknown][] | null];

/** Tells an object a whole history in one request. */
class InObject implements Follower {
  readonly #workerd: Workerd;
  readonly #name: string;
  /** One for each life of the store. */
  readonly #histories: Told[][] = [[]];

  constructor(workerd: Workerd, name: string) {
    this.#workerd = workerd;
    this.#name = name;
  }

  follow(renewal: Renewal, now: number, { touched: _, ...done }: Step, gate: GateState): void {
    const history = this.#histories.at(-1) ?? [];
    const look = history.length % LOOKED_AT_EVERY === 0 || renewal.session === "stranger";
    history.push({
      now,
      evict: history.length % EVICTED_EVERY === 0,
      body: JSON.stringify({ call: "gate", renewal }),
      look,
      done,
      saved: look ? sortedSnapshot(gate) : null,
    });
  }

  forget(): void {
    this.#histories.push([]);
  }

  async agrees(): Promise<void> {
    for (const [life, history] of this.#histories.entries()) {
      const name = `${this.#name}+${life}`;
      const calls = history.map(({ now, evict, body, look }) => ({ now, evict, body, look }));
      const heard = (await troubleObject(this.#workerd, name, { trouble: "history", calls })) as Heard[];
      expect(heard).toHaveLength(history.length);
      for (const [at, { now, body, done, saved }] of history.entries()) {
        const [reply, entries] = heard[at] ?? [{ refused: "nothing" }, null];
        const { touched: _, ...found } = "answer" in reply ? reply.answer : { ...reply, touched: null };
        const where = `renewal ${at} of ${name} at ${now}`;
        if (!isDeepStrictEqual(found, done)) expect(found, `${where}: ${body}`).toEqual(done);
        if (entries) expect(snapshotOf(entries), where).toEqual(saved);
      }
      await troubleObject(this.#workerd, name, { trouble: "wipe" });
    }
  }
}

/** What the object would load, in the order of its keys. */
function snapshotOf(entries: [string, unknown][]): GateSnapshot {
  const rows = new Map(entries);
  const saved = storedGate({
    get: <Value>(name: string) => rows.get(name) as Value | undefined,
    list: <Value>({ prefix }: { prefix: string }) =>
      entries.filter(([name]) => name.startsWith(prefix)) as [string, Value][],
  });
  if (!saved) throw new Error("look at an object: a gate was needed, found none");
  return sortedSnapshot(restore(saved));
}

describe.skipIf(workerdUnavailable())(`an evicted object and memory ${workerdUnavailable() ?? ""}`, () => {
  let workerd: Workerd;
  beforeAll(async () => {
    workerd = await startWorkerd({ entry: "object-worker.ts", objects: { OBJECTS: "TestObject" } });
  });
  afterAll(() => workerd?.dispose());

  test(`mean the same by ${STEPS} renewals`, async () => {
    const coverage = new Coverage();
    let runs = 0;
    const enough = () => coverage.steps >= STEPS && coverage.rarerThan(1).length === 0;
    for (let round = 0; coverage.steps < STEPS * 5 && !enough(); round++) {
      const property = fc.asyncProperty(drilledRules, knowledge, drilledHistory, async (config, known, actions) => {
        const inObject = new InObject(workerd, `{run ${runs++}}`);
        const simulation = new Simulation(config, known, coverage, inObject);
        for (const action of actions) simulation.act(action);
        simulation.fallsSilent();
        await inObject.agrees();
      });
      await fc.assert(property, { numRuns: 1, seed: seed + round, endOnFailure: true });
    }
    // Every kind occurs at least once; `differential` counts how often, for the same histories.
    expect(coverage.rarerThan(1)).toEqual([]);
  }, 3_600_000);
});
