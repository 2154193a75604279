/** A store across a bad network: each batch and each reply is under way until the test moves it on, or loses it. */
import type { Batch } from "../../lib/gate/commands.ts";
import { memory } from "../../lib/store/memory.ts";
import type { StoreAdapter } from "../../lib/store/port.ts";

export interface FarBatch {
  readonly batch: Batch;
  /** The store applies it; its sender does not know yet. */
  readonly arrive: () => void;
  /** The sender hears of it, which it cannot before it arrived. */
  readonly answer: () => Promise<void>;
  /** The sender hears that its connection is gone, whether the batch has arrived or not. */
  readonly lose: () => Promise<void>;
}

export interface FarStore {
  readonly adapter: StoreAdapter;
  /** In the order in which they were sent. */
  readonly sent: FarBatch[];
  /** Loses all of its data: what arrives from now on finds a new life. */
  readonly forget: () => void;
}

export function farStore(): FarStore {
  let near = memory();
  const sent: FarBatch[] = [];
  const adapter: StoreAdapter = {
    ...near,
    open: (runtime) => {
      const store = () => near.open(runtime);
      return {
        ...store(),
        traits: { ...store().traits, inProcess: false },
        transact: (machine, key, batch) =>
          new Promise((resolve, reject) => {
            let reply: unknown;
            const arrive = () => {
              reply ??= store().transact(machine, key, batch);
            };
            sent.push({
              batch: batch as Batch,
              arrive,
              answer: () => {
                arrive();
                resolve(reply as never);
                return turn();
              },
              lose: () => {
                reject(new Error("the connection to the store was reset"));
                return turn();
              },
            });
          }),
      };
    },
  };
  const forget = () => {
    near = memory();
  };
  return { adapter, sent, forget };
}

/** What waits for nothing else has run by then, and what was asked for in this turn is under way. */
export const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 0));
