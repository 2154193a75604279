/**
 * The machine in memory and the same machine in Deno KV, told the same random histories by the same clock, through two
 * instances on one file: same answers, same events, same state. No clock falls back here: by Deno KV's rule none does. And
 * no gate is given up, which memory would have to do at the same moment.
 * `TIDEGATE_SEED` runs other histories, `TIDEGATE_FULL=1` a long run.
 */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Renewal } from "../../../lib/gate/renewal.ts";
import { type GateSnapshot, restore } from "../../../lib/gate/snapshot.ts";
import type { GateState } from "../../../lib/gate/state.ts";
import type { Step } from "../../../lib/gate/step.ts";
import { type Action, knowledge } from "../../gate/model/actions.ts";
import { Coverage } from "../../gate/model/coverage.ts";
import { type Follower, Simulation } from "../../gate/model/simulation.ts";
import { type DenoServer, denoUnavailable, kvFolder, startDeno } from "../../support/deno.ts";
import type { History, Retold } from "../../support/deno-server.ts";
import { sortedSnapshot } from "../../support/gate-home.ts";
import { drilledHistory, drilledRules } from "../drills.ts";

const full = process.env.TIDEGATE_FULL === "1";
const STEPS = full ? 100_000 : 6_000;
const seed = Number(process.env.TIDEGATE_SEED ?? 9);

interface Life extends History {
  readonly renewals: { readonly renewal: Renewal; readonly now: number }[];
  readonly steps: Retold["steps"][number][];
  saved: GateSnapshot | null;
}

/** Writes each life of a history down, to be told there as a whole. */
class InDenoKv implements Follower {
  readonly #name: string;
  readonly lives: Life[] = [];

  constructor(name: string) {
    this.#name = name;
    this.forget();
  }

  follow(renewal: Renewal, now: number, { reply, events, push }: Step, gate: GateState): void {
    const life = this.lives.at(-1);
    // What the renewal carries is its sender's, who goes on with it.
    life?.renewals.push(structuredClone({ renewal, now }));
    life?.steps.push(structuredClone({ reply, events, push }));
    if (life) life.saved = sortedSnapshot(gate);
  }

  forget(): void {
    this.lives.push({ key: `{${this.#name}+${this.lives.length}}`, renewals: [], steps: [], saved: null });
  }
}

const KEPT = { keptMs: 90 * 86_400_000 };
const keeping = (action: Action): Action =>
  action.kind === "change" ? { ...action, rules: { ...action.rules, ...KEPT } } : action;
const fallsBack = (action: Action) => action.kind === "wait" && action.ms < 0;

describe.skipIf(denoUnavailable())(`Deno KV and memory ${denoUnavailable() ?? ""}`, () => {
  const folder = kvFolder();
  let server: DenoServer;
  beforeAll(async () => {
    server = await startDeno({ path: folder.path("differential.sqlite3") });
  });
  afterAll(async () => {
    await server?.kill();
    folder.remove();
  });

  test(`mean the same by ${STEPS} renewals`, async () => {
    const coverage = new Coverage();
    const rare = () => coverage.rarerThan(full ? 100 : 1, ["clock back", "life by clock"]);
    const enough = () => coverage.steps >= STEPS && rare().length === 0;
    let runs = 0;
    for (let round = 0; coverage.steps < STEPS * 5 && !enough(); round++) {
      const property = fc.asyncProperty(drilledRules, knowledge, drilledHistory, async (config, known, actions) => {
        const inDenoKv = new InDenoKv(`run ${runs++}`);
        const simulation = new Simulation({ ...config, ...KEPT }, known, coverage, inDenoKv);
        for (const action of actions) if (!fallsBack(action)) simulation.act(keeping(action));
        simulation.fallsSilent();
        for (const { key, renewals, steps, saved } of inDenoKv.lives) {
          if (renewals.length === 0) continue;
          const retold = await server.post<Retold>("history", { key, renewals } satisfies History);
          expect(retold.steps, key).toEqual(steps);
          expect(sortedSnapshot(restore(retold.saved)), key).toEqual(saved);
        }
      });
      await fc.assert(property, { numRuns: 1, seed: seed + round, endOnFailure: true });
    }
    if (full) console.info(`${coverage.steps} renewals: ${coverage}`);
    expect(rare()).toEqual([]);
  }, 3_600_000);
});
