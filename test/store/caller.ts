/** One instance that talks to a gate in a store. */
import type { Admit, Batch, Command } from "../../lib/gate/commands.ts";
import type { BatchReply, Reply } from "../../lib/gate/replies.ts";
import type { GateConfig } from "../../lib/gate/types.ts";
import type { Store } from "../../lib/store/port.ts";
import { firstOpening, type KnownReply } from "../support/gate.ts";
import { gateMachine } from "../support/machines.ts";

export class Caller {
  #store: Store;
  readonly #key: string;
  readonly session: string;
  readonly #rules: GateConfig;
  opens: Batch["opens"] = firstOpening();
  #next = 1;

  constructor(store: Store, key: string, session: string, rules: GateConfig) {
    this.#store = store;
    this.#key = key;
    this.session = session;
    this.#rules = rules;
  }

  /** The same store by another way in. */
  moveTo(store: Store): void {
    this.#store = store;
  }

  async raw(commands: readonly Command[], extra: Partial<Batch> = {}): Promise<BatchReply> {
    const { session, opens } = this;
    const batch = {
      session,
      opens,
      doneBelow: 0,
      jitter: 0,
      config: this.#rules,
      refusedLocally: 0,
      commands,
      ...extra,
    };
    return (await this.#store.transact(gateMachine, this.#key, batch)).reply;
  }

  async sends(commands: readonly Command[], extra: Partial<Batch> = {}): Promise<readonly Reply[]> {
    return ((await this.raw(commands, extra)) as KnownReply).replies;
  }

  asks(how: Partial<Admit> = {}): Admit {
    const id = `${this.session}.${this.#next++}`;
    return { kind: "admit", id, lane: "request", deadlineMs: 60_000, waitMs: 0, ...how };
  }

  async calls(count: number, outcome: "success" | "failure"): Promise<void> {
    for (let n = 0; n < count; n++) {
      const asked = this.asks();
      await this.sends([asked]);
      await this.sends([{ kind: "settle", id: asked.id, outcome, slow: false }]);
    }
  }
}
