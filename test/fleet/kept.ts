/** Many callers on one kept answer, over processes that share a Redis; then the one that asks for all of them dies. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Answer } from "../support/fleet.ts";
import { eventually } from "../support/processes.ts";
import { onScene } from "./scene.ts";

const CALL_TIMEOUT_MS = 20_000;
/** Long enough for all of the callers to arrive. */
const STATEMENT_MS = 2_000;
/** Until another takes the place of one who has claimed the question and is gone. */
const CLAIM_MS = 4_000;

export interface KeptFigures {
  readonly callers: number;
  /** What became of those that were not answered 200. */
  readonly notAnswered: readonly string[];
  /** With one question for the fleet, and one for each instance. */
  readonly fleetStatements: number;
  readonly instanceStatements: number;
  /** Different answers that those of the fleet were given. */
  readonly values: number;
  readonly afterKill: {
    readonly statements: number;
    readonly longestMs: number;
    readonly allowedMs: number;
  };
}

export function kept({ size, callers }: { readonly size: number; readonly callers: number }): Promise<KeptFigures> {
  return onScene({ size, callTimeoutMs: CALL_TIMEOUT_MS }, async ({ fleet, statements }) => {
    const askAll = (path: string, instances: readonly number[]): Promise<readonly Answer[]> =>
      Promise.all(
        Array.from({ length: callers }, (_, n) => fleet.ask(instances[n % instances.length] as number, path)),
      );
    const all = Array.from({ length: size }, (_, instance) => instance);
    const ofFleet = await askAll(`/kept/fleet/together/${STATEMENT_MS}`, all);
    const ofInstances = await askAll(`/kept/instance/each/${STATEMENT_MS}`, all);

    const [leader = 0, ...others] = all;
    const path = `/kept/fleet/orphaned/${STATEMENT_MS}`;
    const lost = fleet.ask(leader, path);
    await eventually("the leader's statement runs", () => statements.tagged("orphaned").length === 1);
    await fleet.kill(leader);
    const waiting = askAll(path, others);
    // Somebody who comes late waits for the same answer, and needs none of his own.
    await sleep(CLAIM_MS / 2);
    const late = await fleet.ask(others.at(-1) ?? 0, path);
    const orphaned = [...(await waiting), late];
    await lost;
    const answers = [...ofFleet, ...ofInstances, ...orphaned];
    return {
      callers,
      notAnswered: answers.filter(({ status }) => status !== 200).map(({ status, code }) => `${status} ${code}`),
      fleetStatements: statements.tagged("together").length,
      instanceStatements: statements.tagged("each").length,
      values: new Set(ofFleet.map(({ text }) => text)).size,
      afterKill: {
        statements: statements.tagged("orphaned").length,
        longestMs: Math.max(...orphaned.map(({ tookMs }) => tookMs)),
        allowedMs: CLAIM_MS + STATEMENT_MS,
      },
    };
  });
}
