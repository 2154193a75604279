/** The machine alone: what a renewal costs by the instances there are and by what the gate has seen, and its memory. */
import { emptyGate, type GateState, SESSIONS_KEPT } from "../../lib/gate/state.ts";
import { step } from "../../lib/gate/step.ts";
import { START } from "../support/gate.ts";
import { measure, print } from "./measure.ts";
import { apartMs, type Mood, renewing } from "./renewing.ts";

const SIZES = [10, 1_000, 16_000];
const PLAN = { rounds: 9, runsPerRound: 16_000 };

interface Bench {
  readonly gate: GateState;
  readonly renew: () => void;
  readonly pass: (ms: number) => void;
}

function bench(count: number, mood: Mood): Bench {
  const gate = emptyGate();
  const instances = renewing(count, mood);
  const apart = apartMs(count, instances.config);
  let now = START;
  const renew = () => {
    now += apart;
    const renewal = instances.next();
    instances.hear(renewal, step(gate, renewal, Math.floor(now)).reply);
  };
  // Until all of them are there and have what they will have.
  for (let turn = 0; turn < 3 * count; turn++) renew();
  const pass = (ms: number) => {
    now += ms;
  };
  return { gate, renew, pass };
}

export async function benchGate(): Promise<void> {
  for (const [mood, what] of [
    ["busy", "there is room for all"],
    ["crowded", "twice as many as there are permits"],
    ["quiet", "nobody calls"],
  ] as const) {
    const candidates = SIZES.map((size) => ({ name: `${size} instances`, run: bench(size, mood).renew }));
    print(`A renewal, ${what}`, await measure(candidates, PLAN));
  }
  const [fresh, old] = [bench(10, "busy"), bench(10, "busy")];
  for (let renewal = 0; renewal < 300_000; renewal++) old.renew();
  print(
    "A renewal, by renewals seen",
    await measure(
      [
        { name: "few renewals seen", run: fresh.renew },
        { name: "300,000 renewals seen, two hours of time", run: old.renew },
      ],
      PLAN,
    ),
  );
  printMemory();
}

/** All sessions, all of them hungry or holding something, a full ring. */
function printMemory(): void {
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const { gate, renew, pass } = bench(SESSIONS_KEPT, "crowded");
  for (let second = 0; second < 300; second++) {
    pass(1_000);
    renew();
  }
  globalThis.gc?.();
  const megabytes = (process.memoryUsage().heapUsed - before) / 2 ** 20;
  const { sessions, seconds } = gate;
  console.log(
    `\nMemory of a gate at its bounds: ${megabytes.toFixed(1)} MB (${sessions.size} sessions, ${seconds.size} seconds)`,
  );
}
