/** More requests than the capacity, and instances killed in the middle of them. */
import { keepInFlight, tally } from "../support/load.ts";
import { eventually } from "../support/processes.ts";
import { watchActivity } from "../support/statements.ts";
import { CAPACITY, lifetimeMs, onScene } from "./scene.ts";

const CALL_TIMEOUT_MS = 1_000;
const STATEMENT_MS = 60;

export interface CapacityOptions {
  readonly size: number;
  readonly inFlight: number;
  /** How many instances are killed, one after the other, each replaced. */
  readonly kills: number;
}

export interface CapacityFigures {
  readonly peakCounted: number;
  readonly peakSeen: number;
  readonly samples: number;
  readonly statements: number;
  readonly answers: Readonly<Record<string, number>>;
  /** From a `kill -9` to the gate holding nothing of the dead. Not before {@link lifetimeMs} since it was last heard. */
  readonly backAfterMs: number;
  readonly lifetimeMs: number;
  readonly runningAtTheEnd: number;
  readonly heldAtTheEnd: number;
  readonly waitingAtTheEnd: number;
  /** Whether anybody took the store for away meanwhile, which would allow for more. */
  readonly storeAway: number;
}

export function capacity({ size, inFlight, kills }: CapacityOptions): Promise<CapacityFigures> {
  return onScene({ size, callTimeoutMs: CALL_TIMEOUT_MS }, async ({ fleet, postgres, statements }) => {
    const watch = watchActivity(postgres);
    const load = keepInFlight(fleet, inFlight, { tag: "load", ms: STATEMENT_MS });
    const flowing = async () => {
      const before = statements.all.length;
      await eventually("statements run", () => statements.all.length >= before + 5 * CAPACITY, 30_000);
    };
    await flowing();
    for (let kill = 0; kill < kills; kill += 1) {
      const victim = kill % size;
      await fleet.kill(victim);
      await flowing();
      await fleet.start(victim);
      await flowing();
    }
    const answers = await load.stop();
    await watch.stop();
    // What the last of the dead held comes back with the end of its lease.
    await eventually("everything is given back", async () => (await fleet.view(0)).lanes.request.held === 0, 20_000);

    // One instance takes all there is, and dies.
    const [victim, other] = [size - 1, 0];
    const held = Array.from({ length: CAPACITY }, () => fleet.work(victim, "held", CALL_TIMEOUT_MS - 100));
    await eventually("it holds everything", () => statements.tagged("held").length === CAPACITY);
    const killedAt = performance.now();
    await fleet.kill(victim);
    await Promise.all(held);
    const stillHeld = (await fleet.view(other)).lanes.request.held;
    if (stillHeld !== CAPACITY) throw new Error(`the dead must hold ${CAPACITY} permits, found ${stillHeld}`);
    await eventually("what it held comes back", async () => (await fleet.view(other)).lanes.request.held === 0, 20_000);
    const backAfterMs = performance.now() - killedAt;
    const view = await fleet.view(other);

    return {
      peakCounted: statements.peak(),
      peakSeen: watch.peak(),
      samples: watch.samples(),
      statements: statements.all.length,
      answers: tally(answers),
      backAfterMs,
      lifetimeMs: lifetimeMs(CALL_TIMEOUT_MS),
      runningAtTheEnd: view.lanes.request.running,
      heldAtTheEnd: view.lanes.request.held,
      waitingAtTheEnd: view.lanes.request.waiting,
      storeAway: fleet.lines("store.away").length,
    };
  });
}
