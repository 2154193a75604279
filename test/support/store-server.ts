/** A store over HTTP, so that tests on Node drive an adapter where it lives. `remote-store` is the other end. */
import type { Machine, Store } from "../../lib/store/port.ts";
import { counter, gateMachine } from "./machines.ts";

/** One call of the port: the names of its functions, dots and all, and what they are given. */
export interface Call {
  readonly to: "describe" | "transact" | "kv.get" | "kv.set" | "log.append" | "log.read";
  // biome-ignore lint/suspicious/noExplicitAny: what a function of the port takes, come by JSON
  readonly given: readonly any[];
}

export type Answer =
  | { readonly value?: unknown }
  | { readonly error: { readonly name: string; readonly message: string } };

// biome-ignore lint/suspicious/noExplicitAny: a machine of any kind, by its name
const MACHINES: Readonly<Record<string, Machine<any, any, any>>> = { [gateMachine.name]: gateMachine, counter };

/**
 * Answers each POST of a {@link Call} with an {@link Answer}; for a platform's `fetch` handler.
 *
 * @example
 * ```ts
 * Deno.serve(storeServer(denoKv().open(systemRuntime())));
 * ```
 */
export function storeServer(store: Store): (request: Request) => Promise<Response> {
  return async (request) => {
    const answer = await apply(store, (await request.json()) as Call).then(
      (value): Answer => ({ value }),
      (error: Error): Answer => ({ error: { name: error.name, message: error.message } }),
    );
    // Stringified here: half a pair is escaped by JSON, and lost by UTF-8.
    return new Response(JSON.stringify(answer), { headers: { "content-type": "application/json" } });
  };
}

async function apply(store: Store, { to, given }: Call): Promise<unknown> {
  const [first, second, third] = given;
  switch (to) {
    case "describe":
      return { kind: store.kind, address: store.address, traits: store.traits };
    case "transact": {
      const machine = MACHINES[first];
      if (!machine) throw new Error(`transact: one of ${Object.keys(MACHINES).join(", ")} is needed, found ${first}`);
      return store.transact(machine, second, third);
    }
    case "kv.get":
      return store.kv.get(first);
    case "kv.set":
      return store.kv.set(first, second, third);
    case "log.append":
      return store.log.append(first, second, third);
    case "log.read":
      return store.log.read(first, second, third);
  }
}
