/**
 * Who is at the other end of the connection, as the platform tells it: what `getConnInfo` of Hono's adapters reads,
 * without their imports, since each of them is for one platform.
 */
import type { Context } from "hono";
import { platformName } from "../../runtime.ts";
import { type Ip, parseIp } from "./ip.ts";

interface Bindings {
  /** @hono/node-server. */
  readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } };
  /** `Deno.serve`. */
  readonly remoteAddr?: { readonly hostname?: string };
  /** Lambda behind API Gateway (1.0 and 2.0) and function URLs. */
  readonly requestContext?: {
    readonly identity?: { readonly sourceIp?: string };
    readonly http?: { readonly sourceIp?: string };
  };
}

export type PeerOf = (c: Context) => Ip | null;

/** What Hono's adapters export as `getConnInfo`, for platforms that this file does not know. */
export type ConnInfo = (c: Context) => { readonly remote: { readonly address?: string | undefined } };

/** @param connInfo Asked instead of the platform, where it is given. */
export function peerReader(connInfo?: ConnInfo): PeerOf {
  if (connInfo) return (c) => parsed(connInfo(c).remote.address);
  // Cloudflare sets it on every request, and nobody reaches a Worker past Cloudflare; elsewhere it is anybody's.
  if (platformName() === "workerd") return (c) => parsed(c.req.header("cf-connecting-ip"));
  return (c) => {
    const { incoming, remoteAddr, requestContext } = (c.env ?? {}) as Bindings;
    const { identity, http } = requestContext ?? {};
    return parsed(incoming?.socket?.remoteAddress ?? remoteAddr?.hostname ?? identity?.sourceIp ?? http?.sourceIp);
  };
}

const parsed = (address: string | undefined): Ip | null => (typeof address === "string" ? parseIp(address) : null);
