/** The machine alone: what a batch costs by what the gate has seen and holds, and how much memory it can take. */
import type { Batch, Command } from "../../lib/gate/commands.ts";
import { emptyGate, type GateState, SESSIONS_KEPT } from "../../lib/gate/state.ts";
import { step } from "../../lib/gate/step.ts";
import type { GateConfig } from "../../lib/gate/types.ts";
import { RULES } from "../support/gate.ts";
import { measure, print } from "./measure.ts";

const CONFIG: GateConfig = { ...RULES, capacity: { request: 100_000, slow: 5, health: 1 }, maxWaiting: 1_000 };

interface Bench {
  readonly gate: GateState;
  /** Admits one call and settles it, in two batches. */
  readonly pair: () => void;
  readonly send: (session: string, commands: readonly Command[]) => void;
}

function bench(config: GateConfig = CONFIG): Bench {
  const gate = emptyGate();
  const about = { runtime: "bench", region: "", version: "0", startedAt: 0 };
  const opens = { life: null, generation: 0, overrideVersion: 0, about };
  let [now, n] = [Date.UTC(2026, 0, 1), 0];
  const send = (session: string, commands: readonly Command[]) => {
    const batch: Batch = { session, opens, doneBelow: 0, jitter: 0, config, refusedLocally: 0, commands };
    step(gate, batch, now);
  };
  const pair = () => {
    const id = `pairs.${++n}`;
    // A second passes every thousand calls.
    if (n % 1_000 === 0) now += 1_000;
    send("pairs", [{ kind: "admit", id, lane: "request", deadlineMs: 60_000, waitMs: 0 }]);
    send("pairs", [{ kind: "settle", id, outcome: "success", slow: false }]);
  };
  return { gate, pair, send };
}

const holding = (permits: number): Bench => {
  const held = bench();
  for (let n = 0; n < permits; n++) {
    held.send("holder", [{ kind: "admit", id: `holder.${n}`, lane: "request", deadlineMs: 90_000_000, waitMs: 0 }]);
  }
  return held;
};

const waitedFor = (tickets: number): Bench => {
  const line = bench({ ...CONFIG, capacity: { ...CONFIG.capacity, slow: 0 } });
  for (let n = 0; n < tickets; n++) {
    line.send("waiter", [{ kind: "admit", id: `waiter.${n}`, lane: "slow", deadlineMs: 1_000, waitMs: 90_000 }]);
  }
  return line;
};

const knowing = (sessions: number): Bench => {
  const known = bench();
  for (let session = 0; session < sessions; session++) known.send(`session-${session}`, []);
  return known;
};

export async function benchGate(): Promise<void> {
  const [fresh, old] = [bench(), bench()];
  for (let call = 0; call < 1_000_000; call++) old.pair();
  print(
    "Admit + settle, by calls seen",
    await measure([
      { name: "few calls seen", run: fresh.pair },
      { name: "1,000,000 calls seen", run: old.pair },
    ]),
  );
  for (const [what, filled] of [
    ["live permits", holding],
    ["tickets waiting", waitedFor],
    ["sessions known", knowing],
  ] as const) {
    const sizes = [0, 100, 1_000];
    const candidates = sizes.map((size) => ({ name: `${size} ${what}`, run: filled(size).pair }));
    print(`Admit + settle, by ${what}`, await measure(candidates));
  }
  printMemory();
}

/** Everything at its bound at once: 1,000 permits, two full lines, all sessions, a full ring. */
function printMemory(): void {
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const full = bench({ ...CONFIG, capacity: { request: 1_000, slow: 0, health: 1 } });
  for (let session = 0; session < SESSIONS_KEPT - 2; session++) full.send(`session-${session}`, []);
  for (let call = 0; call < 300_000; call++) full.pair();
  for (let n = 0; n < 2_000; n++) {
    full.send("full", [{ kind: "admit", id: `full.${n}`, lane: "request", deadlineMs: 60_000, waitMs: 60_000 }]);
    full.send("full", [{ kind: "admit", id: `full.${10_000 + n}`, lane: "slow", deadlineMs: 60_000, waitMs: 60_000 }]);
  }
  globalThis.gc?.();
  const megabytes = (process.memoryUsage().heapUsed - before) / 2 ** 20;
  const { permits, tickets, sessions, seconds } = full.gate;
  console.log(
    `\nMemory of a gate at its bounds: ${megabytes.toFixed(1)} MB (${permits.size} permits, ${tickets.size} tickets, ${sessions.size} sessions, ${seconds.size} seconds)`,
  );
}
