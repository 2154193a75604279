/** The worker that tests run in workerd: the adapter as a store server, and an object that tests can trouble. */
import { type Runtime, systemRuntime } from "../../lib/runtime.ts";
import { durableObject, type ObjectNamespace, TidegateObject } from "../../lib/store/durable-object/durable-object.ts";
import type { ObjectState, ObjectStorage } from "../../lib/store/durable-object/platform.ts";
import { storeServer } from "./store-server.ts";

/** What a test asks of an object itself, in JSON by POST to `/object?name=…`. */
export type Trouble =
  /** The platform resets the object: its memory is gone, its stubs are broken. */
  | { readonly trouble: "abort" }
  /** The storage writes only so many entries from now on, then throws. */
  | { readonly trouble: "fail"; readonly afterWrites: number }
  | { readonly trouble: "wipe" }
  | { readonly trouble: "put"; readonly entry: string; readonly value: unknown }
  | { readonly trouble: "entries" }
  /** When the alarm is due, or null. */
  | { readonly trouble: "alarm" }
  /** The alarm goes off at that time. */
  | { readonly trouble: "ring"; readonly now: number }
  /** Bodies of calls, each with the clock at which it arrives; `evict` forgets what is in memory before it. */
  | { readonly trouble: "history"; readonly calls: readonly HistoryCall[] };

export interface HistoryCall {
  readonly now: number;
  readonly evict: boolean;
  readonly body: string;
  /** Answer with what is stored, too. */
  readonly look: boolean;
}

type State = ObjectState & { abort(reason: string): void };

/** The object as it is deployed, with a storage and a clock between it and the platform. */
export class TestObject {
  readonly #state: State;
  readonly #storage: ObjectStorage;
  readonly #runtime: Runtime;
  #object: TidegateObject;
  #writesLeft = Number.POSITIVE_INFINITY;
  #now: number | undefined;
  #hasOwnClock = false;

  constructor(state: State) {
    this.#state = state;
    this.#storage = this.#limited(state.storage);
    this.#runtime = { ...systemRuntime(), wallMs: () => this.#now ?? Date.now() };
    this.#object = this.#newInstance();
  }

  async fetch(request: Request): Promise<Response> {
    if (new URL(request.url).pathname !== "/object") return this.#object.fetch(request);
    return Response.json((await this.#trouble((await request.json()) as Trouble)) ?? null);
  }

  /** The platform's, by the clock on the wall: by the clock of a history it may come at any time, and empty the object. */
  async alarm(): Promise<void> {
    if (!this.#hasOwnClock) await this.#object.alarm();
  }

  async #trouble(asked: Trouble): Promise<unknown> {
    switch (asked.trouble) {
      case "abort":
        return this.#state.abort("aborted by a test");
      case "fail":
        this.#writesLeft = asked.afterWrites;
        return;
      case "wipe":
        await this.#state.storage.deleteAll();
        this.#object = this.#newInstance();
        return;
      case "put":
        return this.#state.storage.kv.put(asked.entry, asked.value);
      case "entries":
        return this.#entries();
      case "alarm":
        return this.#state.storage.getAlarm();
      case "ring":
        this.#now = asked.now;
        await this.#object.alarm();
        this.#now = undefined;
        return;
      case "history":
        return this.#history(asked.calls);
    }
  }

  async #history(calls: readonly HistoryCall[]): Promise<unknown> {
    const answers: unknown[] = [];
    this.#hasOwnClock = true;
    for (const { now, evict, body, look } of calls) {
      this.#now = now;
      if (evict) this.#object = this.#newInstance();
      const answer = await this.#object.fetch(new Request("https://test.object/", { method: "POST", body }));
      answers.push([await answer.json(), look ? this.#entries() : null]);
    }
    this.#now = undefined;
    return answers;
  }

  #newInstance(): TidegateObject {
    return new TidegateObject({ storage: this.#storage }, {}, this.#runtime);
  }

  #entries(): [string, unknown][] {
    return [...this.#state.storage.kv.list({ prefix: "" })];
  }

  #limited(storage: ObjectStorage): ObjectStorage {
    const { kv } = storage;
    return {
      kv: {
        get: (name) => kv.get(name),
        put: (name, value) => {
          if (this.#writesLeft-- <= 0) throw new Error("disk full");
          kv.put(name, value);
        },
        delete: (name) => kv.delete(name),
        list: (range) => kv.list(range),
      },
      transactionSync: (task) => storage.transactionSync(task),
      getAlarm: () => storage.getAlarm(),
      setAlarm: (at) => storage.setAlarm(at),
      deleteAll: () => storage.deleteAll(),
    };
  }
}

interface Bindings {
  readonly OBJECTS: ObjectNamespace;
}

export default {
  async fetch(request: Request, { OBJECTS }: Bindings): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname !== "/object") {
      return storeServer(durableObject(OBJECTS).open(systemRuntime()))(request);
    }
    const stub = OBJECTS.get(OBJECTS.idFromName(searchParams.get("name") ?? ""));
    return stub.fetch(request.url, { method: "POST", body: await request.text() }).then(
      async (answer) => new Response(await answer.text()),
      (error: unknown) => new Response(String(error), { status: 500 }),
    );
  },
};
