/** A store across a bad network: each renewal and each answer is under way until the test moves it on, or loses it. */
import type { Renewal } from "../../lib/gate/renewal.ts";
import { memory } from "../../lib/store/memory.ts";
import type { StoreAdapter, StoreTraits } from "../../lib/store/port.ts";
import type { ManualRuntime } from "../../lib/testing/manual-runtime.ts";

export interface FarRenewal {
  readonly renewal: Renewal;
  /** The store applies it; its sender does not know yet. */
  readonly arrive: () => void;
  /** It arrives once more, as a network may have it; nobody hears of that. */
  readonly arriveAgain: () => void;
  /** The sender hears of it, which it cannot before it arrived. */
  readonly answer: () => Promise<void>;
  /** The sender hears that its connection is gone, whether the renewal has arrived or not. */
  readonly lose: () => Promise<void>;
}

export interface FarStore {
  readonly adapter: StoreAdapter;
  /** In the order in which they were sent. */
  readonly sent: FarRenewal[];
  /** Answers whatever is under way, and what is sent upon that. */
  readonly answerAll: () => Promise<void>;
  /** Time passes, and whatever is sent meanwhile is answered within 50 ms. */
  readonly pass: (runtime: ManualRuntime, ms: number) => Promise<void>;
  /** Loses all of its data: what arrives from now on finds a new life. */
  readonly forget: () => void;
}

export function farStore(traits: Partial<StoreTraits> = {}): FarStore {
  let near = memory();
  const sent: FarRenewal[] = [];
  const underWay = new Set<FarRenewal>();
  const adapter: StoreAdapter = {
    ...near,
    open: (runtime) => {
      const store = () => near.open(runtime);
      return {
        ...store(),
        traits: { ...store().traits, inProcess: false, ...traits },
        transact: (machine, key, message) =>
          new Promise((resolve, reject) => {
            let reply: unknown;
            const apply = () => store().transact(machine, key, structuredClone(message));
            const one: FarRenewal = {
              renewal: structuredClone(message) as Renewal,
              arrive: () => {
                reply ??= apply();
              },
              arriveAgain: () => void apply(),
              answer: () => {
                underWay.delete(one);
                one.arrive();
                resolve(reply as never);
                return turn();
              },
              lose: () => {
                underWay.delete(one);
                reject(new Error("the connection to the store was reset"));
                return turn();
              },
            };
            sent.push(one);
            underWay.add(one);
          }),
      };
    },
  };
  const answerAll = async () => {
    await turn();
    for (const one of underWay) await one.answer();
  };
  return {
    adapter,
    sent,
    answerAll,
    pass: async (runtime, ms) => {
      await answerAll();
      for (let left = ms; left > 0; left -= 50) {
        await runtime.advance(Math.min(50, left));
        await answerAll();
      }
    },
    forget: () => {
      near = memory();
    },
  };
}

/** What waits for nothing else has run by then, and what was asked for in this turn is under way. */
export const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 0));
