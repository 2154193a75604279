/** Load on a gate in Deno KV, made in Deno itself: what HTTP costs is not counted. */
import type { GateConfig } from "../../lib/gate/types.ts";
import type { Store } from "../../lib/store/port.ts";
import { Caller } from "../store/caller.ts";

export interface Load {
  readonly key: string;
  /** Of which the names of its instances begin. */
  readonly session: string;
  readonly config: GateConfig;
  /** Instances that hold a permit all the while. */
  readonly held: number;
  /** Instances that renew all the while. */
  readonly atOnce: number;
  readonly forMs: number;
}
export interface Carried {
  readonly renewalsPerSecond: number;
  readonly medianMs: number;
  readonly worstMs: number;
  readonly refused: number;
}

/** Each renewal tells of one call, and asks for the next. */
export async function carry(store: Store, { key, session, config, held, atOnce, forMs }: Load): Promise<Carried> {
  const instance = (name: string) => new Caller(store, key, `${session}-${name}`, config);
  await Promise.all(Array.from({ length: held }, (_, n) => instance(`holder-${n}`).needs(1)));

  const times: number[] = [];
  let refused = 0;
  const startedAt = performance.now();
  const one = async (n: number): Promise<void> => {
    const each = instance(String(n));
    while (performance.now() - startedAt < forMs) {
      const sentAt = performance.now();
      try {
        await each.needs(1, { votes: [each.vote(1)] });
        times.push(performance.now() - sentAt);
      } catch {
        refused++;
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, (_, n) => one(n)));
  const seconds = (performance.now() - startedAt) / 1_000;
  times.sort((a, b) => a - b);
  const [medianMs = 0, worstMs = 0] = [times[Math.floor(times.length / 2)], times.at(-1)];
  return { renewalsPerSecond: times.length / seconds, medianMs, worstMs, refused };
}
