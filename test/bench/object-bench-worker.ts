/** The worker of `durable-object.bench`: drives one object from where a deployed Worker would. */
import type { Renewal } from "../../lib/gate/renewal.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import { durableObject, type ObjectNamespace } from "../../lib/store/durable-object/durable-object.ts";
import { gateMachine } from "../support/machines.ts";
import { type Mood, renewing } from "./renewing.ts";

export { TidegateObject } from "../../lib/store/durable-object/durable-object.ts";

export interface Drive {
  readonly what: "nothing" | "renewals";
  readonly key: string;
  /** Calls of the store, and how many of them are under way at once. */
  readonly calls: number;
  readonly depth: number;
  /** Instances that take turns. */
  readonly instances: number;
  readonly mood: Mood;
}

/** By key: the instances of one drive go on in the next. */
const fleets = new Map<string, ReturnType<typeof renewing>>();

export default {
  async fetch(request: Request, { OBJECTS }: { OBJECTS: ObjectNamespace }): Promise<Response> {
    const { what, key, calls, depth, instances, mood } = (await request.json()) as Drive;
    const store = durableObject(OBJECTS).open(systemRuntime());
    const fleet = fleets.get(key) ?? renewing(instances, mood);
    fleets.set(key, fleet);
    const renew = async (renewal: Renewal) => {
      fleet.hear(renewal, (await store.transact(gateMachine, key, renewal)).reply);
    };
    let left = calls;
    const driver = async () => {
      while (left-- > 0) await (what === "nothing" ? store.kv.get(key) : renew(fleet.next()));
    };
    await Promise.all(Array.from({ length: depth }, driver));
    return new Response("done");
  },
};
