/**
 * Who is at the other end of the connection, as the platform tells it: what `getConnInfo` of Hono's adapters reads,
 * without their imports, since each of them is for one platform.
 */
import type { Context } from "hono";
import { platformName } from "../../runtime.ts";
import { type Ip, parseIp } from "./ip.ts";

/** What of a request says from where it comes: a Hono context has it, and others can. */
export interface Asker {
  readonly env: unknown;
  readonly req: { header(name: string): string | undefined; readonly raw?: Request };
}

interface Bindings {
  /** @hono/node-server. */
  readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } };
  /** `Deno.serve`. */
  readonly remoteAddr?: { readonly hostname?: string };
  /** `Bun.serve`. */
  requestIP?(request: Request | undefined): { readonly address?: string } | null;
  /** SvelteKit, which throws where its platform does not tell. */
  getClientAddress?(): string;
  /** Lambda behind API Gateway (1.0 and 2.0) and function URLs. */
  readonly requestContext?: {
    readonly identity?: { readonly sourceIp?: string };
    readonly http?: { readonly sourceIp?: string };
  };
}

export type PeerOf = (asker: Asker) => Ip | null;

/** What Hono's adapters export as `getConnInfo`, for platforms that this file does not know. */
export type ConnInfo = (c: Context) => { readonly remote: { readonly address?: string | undefined } };

/** @param connInfo Asked instead of the platform, where it is given. */
export function peerReader(connInfo?: ConnInfo): PeerOf {
  if (connInfo) return (asker) => parsed(connInfo(asker as Context).remote.address);
  // Cloudflare sets it on every request, and nobody reaches a Worker past Cloudflare; elsewhere it is anybody's.
  if (platformName() === "workerd") return ({ req }) => parsed(req.header("cf-connecting-ip"));
  return ({ env, req }) => {
    const bindings = (env ?? {}) as Bindings;
    const { incoming, remoteAddr, requestContext } = bindings;
    if (typeof bindings.requestIP === "function") return parsed(bindings.requestIP(req.raw)?.address);
    if (typeof bindings.getClientAddress === "function") return parsed(clientAddressOf(bindings));
    const { identity, http } = requestContext ?? {};
    return parsed(incoming?.socket?.remoteAddress ?? remoteAddr?.hostname ?? identity?.sourceIp ?? http?.sourceIp);
  };
}

function clientAddressOf(event: Bindings): string | undefined {
  try {
    return event.getClientAddress?.();
  } catch {
    return undefined;
  }
}

const parsed = (address: string | undefined): Ip | null => (typeof address === "string" ? parseIp(address) : null);
