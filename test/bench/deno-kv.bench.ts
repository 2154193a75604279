/** The gate in a file of Deno KV: what one and two processes get through it, and what a large state costs. */

import { CONFIG as RULES } from "../store/caller.ts";
import { type DenoServer, denoUnavailable, kvFolder, startDeno } from "../support/deno.ts";
import type { Carried, Load } from "./deno-kv-load.ts";

const CONFIG = { ...RULES, capacity: { request: 100_000, slow: 0, health: 1 } };
const FOR_MS = 2_000;
const PLANS: readonly { processes: number; atOnce: number; held: number }[] = [
  { processes: 1, atOnce: 1, held: 0 },
  { processes: 1, atOnce: 8, held: 0 },
  { processes: 1, atOnce: 64, held: 0 },
  { processes: 2, atOnce: 1, held: 0 },
  { processes: 2, atOnce: 64, held: 0 },
  { processes: 4, atOnce: 64, held: 0 },
  { processes: 1, atOnce: 1, held: 100 },
  { processes: 1, atOnce: 1, held: 1_000 },
  { processes: 1, atOnce: 64, held: 1_000 },
];

export async function benchDenoKv(): Promise<void> {
  const reason = denoUnavailable();
  if (reason !== undefined) return console.log(`\nDeno KV: not measured, ${reason}`);
  const folder = kvFolder();
  const servers: DenoServer[] = [];
  console.log("\nDeno KV in a file; alone and one at a time a renewal is a transaction");
  try {
    for (const [n, { processes, atOnce, held }] of PLANS.entries()) {
      const path = folder.path(`${n}.sqlite3`);
      const started = await Promise.all(Array.from({ length: processes }, () => startDeno({ path })));
      servers.push(...started);
      const load = (m: number): Load => ({
        ...{ key: "{bench}", session: `s${m}`, config: CONFIG, held: m === 0 ? held : 0, atOnce, forMs: FOR_MS },
      });
      const carried = await Promise.all(started.map((server, m) => server.post<Carried>("load", load(m))));
      const sum = (of: (one: Carried) => number) => carried.reduce((total, one) => total + of(one), 0);
      const what = `${processes} process${processes > 1 ? "es" : ""}, ${atOnce} at once each, ${held} instances hold`;
      const figures = [
        `${sum((one) => one.renewalsPerSecond).toFixed(0)} renewals/s`.padStart(16),
        `median ${Math.max(...carried.map((one) => one.medianMs)).toFixed(1)} ms`.padStart(18),
        `worst ${Math.max(...carried.map((one) => one.worstMs)).toFixed(0)} ms`.padStart(16),
        `${sum((one) => one.refused)} refused`.padStart(12),
      ];
      console.log(`  ${what.padEnd(52)}${figures.join("")}`);
      for (const server of started) await server.kill();
    }
  } finally {
    for (const server of servers) await server.kill();
    folder.remove();
  }
}
