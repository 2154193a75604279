/** Load on a gate in Deno KV, made in Deno itself: what HTTP costs is not counted. */
import type { Batch, Command } from "../../lib/gate/commands.ts";
import type { Store } from "../../lib/store/port.ts";
import { gateMachine } from "../support/machines.ts";

export interface Load {
  readonly key: string;
  readonly session: string;
  readonly config: Batch["config"];
  /** Permits that somebody holds all the while. */
  readonly held: number;
  /** Batches in flight. */
  readonly atOnce: number;
  readonly forMs: number;
}
export interface Carried {
  readonly batchesPerSecond: number;
  readonly medianMs: number;
  readonly worstMs: number;
  readonly refused: number;
}

const OPENS = {
  life: null,
  generation: 0,
  overrideVersion: 0,
  about: { runtime: "bench", region: "", version: "0", startedAt: 0 },
};

/** Each in flight settles one call and asks for the next. */
export async function carry(store: Store, { key, session, config, held, atOnce, forMs }: Load): Promise<Carried> {
  const send = (from: string, commands: readonly Command[]) => {
    const batch = { session: from, opens: OPENS, doneBelow: 0, jitter: 0, config, refusedLocally: 0, commands };
    return store.transact(gateMachine, key, batch);
  };
  const admit = (id: string): Command => ({ kind: "admit", id, lane: "request", deadlineMs: 3_600_000, waitMs: 0 });
  await send(
    "holder",
    Array.from({ length: held }, (_, n) => admit(`holder.${n}`)),
  );

  const times: number[] = [];
  let [n, refused] = [0, 0];
  const startedAt = performance.now();
  const one = async (): Promise<void> => {
    let last = "";
    while (performance.now() - startedAt < forMs) {
      const id = `${session}.${n++}`;
      const settle: Command[] = last === "" ? [] : [{ kind: "settle", id: last, outcome: "success", slow: false }];
      const sentAt = performance.now();
      try {
        await send(session, [...settle, admit(id)]);
        times.push(performance.now() - sentAt);
      } catch {
        refused++;
      }
      last = id;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  const seconds = (performance.now() - startedAt) / 1_000;
  times.sort((a, b) => a - b);
  const [medianMs = 0, worstMs = 0] = [times[Math.floor(times.length / 2)], times.at(-1)];
  return { batchesPerSecond: times.length / seconds, medianMs, worstMs, refused };
}
