/** An instance that is stopped for longer than its permits last, and goes on. */
import { setTimeout } from "node:timers/promises";
import { keepInFlight, tally } from "../support/load.ts";
import { eventually } from "../support/processes.ts";
import { lifetimeMs, onScene } from "./scene.ts";

const CALL_TIMEOUT_MS = 500;

export interface FrozenFigures {
  /** Statements that were sent after their lease was over. */
  readonly lateSends: number;
  /** What the frozen one's calls came to. */
  readonly first: string;
  readonly second: string;
  readonly heldWhenFrozen: number;
  readonly heldAfterwards: number;
  /** Calls in the window that it has added for what it ran before. */
  readonly lateVotes: number;
  readonly transitions: number;
  readonly storeAway: number;
}

/** Two permits, one of them still waiting for a connection of its own instance when that is stopped. */
export function frozenHolder(): Promise<FrozenFigures> {
  const env = { DB_POOL_SIZE: "1" };
  return onScene({ size: 2, callTimeoutMs: CALL_TIMEOUT_MS, env }, async ({ fleet, statements }) => {
    const first = fleet.work(1, "first", 400);
    await eventually("the first runs", () => statements.tagged("first").length === 1);
    const second = fleet.work(1, "second", 10);
    await eventually("both have permits", async () => (await fleet.view(0)).lanes.request.held >= 2);
    fleet.signal(1, "SIGSTOP");
    const whenFrozen = await fleet.view(0);
    const before = await eventually(
      "the permits come back",
      async () => {
        const view = await fleet.view(0);
        return view.lanes.request.held === 0 && view;
      },
      20_000,
    );
    fleet.signal(1, "SIGCONT");
    const answers = await Promise.all([first, second]);
    // One more call of the same instance is told of after whatever else it had left to tell.
    await fleet.work(1, "next", 1);
    await eventually("the next call is counted", async () => (await fleet.view(1)).window.calls > before.window.calls);
    const after = await eventually("it gives everything back", async () => {
      const view = await fleet.view(0);
      return view.lanes.request.held === 0 && view;
    });
    const [one = "", other = ""] = answers.map(({ status, code }) => code ?? String(status));
    return {
      lateSends: statements.tagged("second").length,
      first: one,
      second: other,
      heldWhenFrozen: whenFrozen.lanes.request.held,
      heldAfterwards: after.lanes.request.held,
      lateVotes: after.window.calls - before.window.calls - 1,
      transitions: after.transitions.length - before.transitions.length,
      storeAway: fleet.lines("store.away").length,
    };
  });
}

export interface FrozenLoadFigures {
  readonly stops: number;
  readonly peak: number;
  readonly answers: Readonly<Record<string, number>>;
  readonly heldAfterwards: number;
  readonly storeAway: number;
}

/** In the middle of many calls, at moments that nobody chose. */
export function frozenUnderLoad(size: number, stops: number): Promise<FrozenLoadFigures> {
  return onScene({ size, callTimeoutMs: CALL_TIMEOUT_MS }, async ({ fleet, statements }) => {
    const load = keepInFlight(fleet, 60, { tag: "load", ms: 40 });
    await eventually("statements run", () => statements.tagged("load").length > 100);
    for (let stop = 0; stop < stops; stop += 1) {
      fleet.signal(stop % size, "SIGSTOP");
      await setTimeout(lifetimeMs(CALL_TIMEOUT_MS) + 500);
      fleet.signal(stop % size, "SIGCONT");
      await setTimeout(500);
    }
    const answers = await load.stop();
    const view = await eventually("everything is given back", async () => {
      const found = await fleet.view(0);
      return found.lanes.request.held === 0 && found;
    });
    return {
      stops,
      peak: statements.peak(),
      answers: tally(answers),
      heldAfterwards: view.lanes.request.held,
      storeAway: fleet.lines("store.away").length,
    };
  });
}
