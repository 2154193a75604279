/** The Node end of `store-server`: a store of which every call is one request. */
import { InvalidRenewal } from "../../lib/gate/validate.ts";
import type { Store } from "../../lib/store/port.ts";
import type { Answer, Call } from "./store-server.ts";

/** @param url Where a `storeServer` answers. It is asked what kind of store it has. */
export async function remoteStore(url: string): Promise<Store> {
  // biome-ignore lint/suspicious/noExplicitAny: what the function of that name gives
  async function call(to: Call["to"], ...given: unknown[]): Promise<any> {
    const response = await fetch(url, { method: "POST", body: JSON.stringify({ to, given } satisfies Call) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${to} at ${url}: an answer is needed, found ${response.status} ${text}`);
    const answer = JSON.parse(text) as Answer;
    if (!("error" in answer)) return answer.value;
    const { name, message } = answer.error;
    throw name === "InvalidRenewal" ? new InvalidRenewal(message) : Object.assign(new Error(message), { name });
  }
  const about: Pick<Store, "kind" | "address" | "traits"> = await call("describe");
  return {
    ...about,
    transact: ({ name }, key, message) => call("transact", name, key, message),
    // A wire of requests carries no calls back: only homes that push nothing are driven from afar.
    onPush: () => () => {},
    kv: {
      get: (key) => call("kv.get", key),
      set: (key, value, ttlMs) => call("kv.set", key, value, ttlMs),
    },
    log: {
      append: (name, record, expectedHead) => call("log.append", name, record, expectedHead),
      read: (name, before, limit) => call("log.read", name, before, limit),
    },
    close: async () => {},
  };
}
