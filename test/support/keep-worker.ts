/** The homes of kept answers that only Cloudflare has, as a server. `remote-home` is the other end. */
import { cacheApi } from "../../lib/kept/cache-api.ts";
import { cloudflareKv, type KvNamespace } from "../../lib/kept/cloudflare-kv.ts";
import type { KvEntry } from "../../lib/store/port.ts";

/** One call; `spoil` writes behind the home's back. */
export type HomeCall = { readonly home: "kv" | "cache"; readonly key: string } & (
  | { readonly call: "get" }
  | { readonly call: "set"; readonly value: string; readonly ttlMs: number }
  | { readonly call: "spoil"; readonly value: string }
);

interface Bindings {
  readonly KEPT: KvNamespace;
}

export default {
  async fetch(request: Request, { KEPT }: Bindings): Promise<Response> {
    const asked = (await request.json()) as HomeCall;
    return answer(asked, KEPT).then(
      (entry) => Response.json(entry),
      (error: unknown) => new Response(String(error), { status: 500 }),
    );
  },
};

async function answer(asked: HomeCall, namespace: KvNamespace): Promise<KvEntry | null> {
  const home = asked.home === "kv" ? cloudflareKv(namespace) : cacheApi();
  if (asked.call === "get") return home.get(asked.key);
  if (asked.call === "set") await home.set(asked.key, asked.value, asked.ttlMs);
  else await namespace.put(asked.key, asked.value, { expirationTtl: 60 });
  return null;
}
