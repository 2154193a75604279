/** The Node end of `keep-worker`: a home of kept answers of which every call is one request. */
import type { KeepHome } from "../../lib/kept/port.ts";
import type { HomeCall } from "./keep-worker.ts";

export interface RemoteHome extends KeepHome {
  /** Writes a text behind the home's back. */
  spoil(key: string, value: string): Promise<void>;
}

/** @param url Where a `keep-worker` answers. */
export function remoteHome(url: string, home: HomeCall["home"]): RemoteHome {
  async function call(asked: HomeCall) {
    const response = await fetch(url, { method: "POST", body: JSON.stringify(asked) });
    if (!response.ok) throw new Error(`${asked.call} of ${home}: ${response.status} ${await response.text()}`);
    return response.json();
  }
  return {
    get: (key) => call({ home, key, call: "get" }),
    set: (key, value, ttlMs) => call({ home, key, call: "set", value, ttlMs }),
    spoil: (key, value) => call({ home, key, call: "spoil", value }),
  };
}
