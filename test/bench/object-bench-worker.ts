/** The worker of `durable-object.bench`: drives one object from where a deployed Worker would. */
import type { Batch, Command } from "../../lib/gate/commands.ts";
import type { GateConfig } from "../../lib/gate/types.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import { durableObject, type ObjectNamespace } from "../../lib/store/durable-object/durable-object.ts";
import { gateMachine } from "../support/machines.ts";

export { TidegateObject } from "../../lib/store/durable-object/durable-object.ts";

export interface Drive {
  readonly what: "nothing" | "pairs" | "sessions";
  readonly key: string;
  /** Calls of the store, and how many of them are under way at once. */
  readonly calls: number;
  readonly depth: number;
  /** Settle and admit pairs in each batch. */
  readonly pairs: number;
  readonly config: GateConfig;
}

let ids = 0;

export default {
  async fetch(request: Request, { OBJECTS }: { OBJECTS: ObjectNamespace }): Promise<Response> {
    const { what, key, calls, depth, pairs, config } = (await request.json()) as Drive;
    const store = durableObject(OBJECTS).open(systemRuntime());
    const call = (n: number) => {
      if (what === "nothing") return store.kv.get(key);
      return store.transact(gateMachine, key, batchOf(what === "sessions" ? `session-${n}` : "pairs", pairs, config));
    };
    let left = calls;
    const lane = async () => {
      while (left-- > 0) await call(left);
    };
    await Promise.all(Array.from({ length: depth }, lane));
    return new Response("done");
  },
};

/** As a busy instance does: the settle of one call rides with the admit of the next. */
export function batchOf(session: string, pairs: number, config: GateConfig): Batch {
  const commands: Command[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    commands.push({ kind: "settle", id: `${session}.${ids}`, outcome: "success", slow: false });
    commands.push({ kind: "admit", id: `${session}.${++ids}`, lane: "request", deadlineMs: 60_000, waitMs: 0 });
  }
  const about = { runtime: "workerd", region: "", version: "0", startedAt: 0 };
  return {
    session,
    opens: { life: null, generation: 0, overrideVersion: 0, about },
    doneBelow: 0,
    jitter: 0,
    config,
    refusedLocally: 0,
    commands,
  };
}
