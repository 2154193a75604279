/** The gate in a Durable Object: what one object carries in workerd, and what a renewal writes. */
import { serialize } from "node:v8";
import { SESSIONS_KEPT } from "../../lib/gate/state.ts";
import { gateHost } from "../../lib/store/durable-object/gate-host.ts";
import type { ObjectStorage } from "../../lib/store/durable-object/platform.ts";
import { START } from "../support/gate.ts";
import { startWorkerd, type Workerd, workerdUnavailable } from "../support/workerd.ts";
import { measure, print } from "./measure.ts";
import type { Drive } from "./object-bench-worker.ts";
import { type Mood, renewing } from "./renewing.ts";

const ENTRY = { entry: "../bench/object-bench-worker.ts", objects: { OBJECTS: "TidegateObject" } };
const DEPTHS = [1, 16, 64];

export async function benchDurableObject(): Promise<void> {
  printWrites();
  const reason = workerdUnavailable();
  if (reason !== undefined) return console.log(`\nDurable Object: not measured, ${reason}`);
  for (const onDisk of [false, true]) {
    const workerd = await startWorkerd({ ...ENTRY, onDisk });
    try {
      await ceilings(workerd, onDisk ? "commits wait for a disk" : "storage in memory");
      if (!onDisk) await loading(workerd);
    } finally {
      await workerd.dispose();
    }
  }
}

async function ceilings(workerd: Workerd, where: string): Promise<void> {
  const calls = 400;
  for (const depth of DEPTHS) {
    const candidate = (name: string, what: Drive["what"], instances: number, mood: Mood = "busy") => ({
      name,
      run: () => drive(workerd, { what, key: `{bench:${where}:${depth}:${name}}`, calls, depth, instances, mood }),
    });
    const measured = await measure(
      [
        candidate("an object that has nothing to answer", "nothing", 1),
        candidate("renewals of 100 busy instances", "renewals", 100),
        candidate("renewals of 100 that wait for each other", "renewals", 100, "crowded"),
      ],
      { rounds: 7, runsPerRound: 1 },
    );
    const perCall = measured.map((one) => ({ ...one, microsecondsPerRun: one.microsecondsPerRun / calls }));
    print(`Durable Object, ${where}, ${depth} in flight, per renewal`, perCall);
    const [, busy] = perCall;
    console.log(`  ${Math.round(1_000_000 / (busy?.microsecondsPerRun ?? Number.NaN))} renewals a second`);
  }
}

/** The first renewal after an eviction, with as many sessions as a gate may have. */
async function loading(workerd: Workerd): Promise<void> {
  const plan = { key: "{bench:loading}", depth: 16, instances: SESSIONS_KEPT, mood: "quiet" } as const;
  await drive(workerd, { ...plan, what: "renewals", calls: SESSIONS_KEPT });
  await workerd.restart();
  await drive(workerd, { ...plan, what: "nothing", calls: 1 });
  const times: number[] = [];
  for (let call = 0; call < 2; call++) {
    const startedAt = performance.now();
    await drive(workerd, { ...plan, what: "renewals", calls: 1, depth: 1 });
    times.push(performance.now() - startedAt);
  }
  const [first, second] = times.map((ms) => ms.toFixed(1));
  console.log(
    `\nDurable Object, ${SESSIONS_KEPT} sessions: first renewal after an eviction ${first} ms, next ${second} ms`,
  );
}

async function drive(workerd: Workerd, asked: Drive): Promise<void> {
  const response = await fetch(workerd.url, { method: "POST", body: JSON.stringify(asked) });
  const text = await response.text();
  if (text !== "done") throw new Error(`bench: drive an object: "done" is needed, found ${response.status} ${text}`);
}

/** Rows, and their bytes as V8 serialises them, once a gate has settled down. */
function printWrites(): void {
  console.log("\nDurable Object, written by a renewal");
  for (const mood of ["busy", "crowded", "quiet"] as const) {
    const written = countingStorage();
    const gate = gateHost(written.storage);
    const instances = renewing(10, mood);
    const renew = (at: number) => {
      const renewal = instances.next();
      instances.hear(renewal, gate.apply(renewal, START + at * 25).reply);
    };
    for (let n = 0; n < 300; n++) renew(n);
    written.reset();
    for (let n = 0; n < 100; n++) renew(300 + n);
    const { rows, deleted, bytes } = written.counts;
    const figures = [rows, bytes, deleted].map((count) => (count / 100).toFixed(2));
    console.log(`  ${mood.padEnd(12)} ${figures[0]} rows of ${figures[1]} bytes together, and ${figures[2]} removed`);
  }
}

function countingStorage() {
  const counts = { rows: 0, deleted: 0, bytes: 0 };
  const kept = new Map<string, unknown>();
  const nothing = async () => {};
  const storage: ObjectStorage = {
    kv: {
      get: () => undefined,
      put: (name, value) => {
        counts.rows++;
        counts.bytes += name.length + serialize(value).length;
        kept.set(name, value);
      },
      delete: (name) => {
        const existed = kept.delete(name);
        if (existed) counts.deleted++;
        return existed;
      },
      list: () => [],
    },
    transactionSync: (task) => task(),
    getAlarm: async () => null,
    setAlarm: nothing,
    deleteAll: nothing,
  };
  return { storage, counts, reset: () => Object.assign(counts, { rows: 0, deleted: 0, bytes: 0 }) };
}
