/** A visit to an Upstash store that any platform can run; each leaves a text that only it can have left. */
import { systemRuntime } from "../../lib/runtime.ts";
import type { StoreTraits } from "../../lib/store/port.ts";
import { upstash } from "../../lib/store/upstash/upstash.ts";

export interface Visit {
  readonly value: string | undefined;
  readonly appended: boolean;
  readonly traits: StoreTraits;
}

const stores = new Map<string, ReturnType<ReturnType<typeof upstash>["open"]>>();

/** One store for all visits of a process, as a server has it. */
export async function visit(url: string, token: string, text: string): Promise<Visit> {
  const store = stores.get(url) ?? upstash(url, { token }).open(systemRuntime());
  stores.set(url, store);
  await store.kv.set(text, text, 60_000);
  const value = (await store.kv.get(text))?.value;
  const { appended } = await store.log.append(text, text, 0);
  return { value, appended, traits: store.traits };
}
