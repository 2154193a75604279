/**
 * From where a request really comes.
 *
 * Map of this folder: `peer` is the other end of the connection, `forwarded` what it says about others, `networks`
 * whether it may say so, `ip` what an address is; `address` (this file) puts them together.
 */
import type { Context } from "hono";
import { type Hops, readForwarded, readForwardedFor } from "./forwarded.ts";
import type { Ip } from "./ip.ts";
import { networkList } from "./networks.ts";
import type { PeerOf } from "./peer.ts";

/** Null where the platform does not tell. */
export type AddressOf = (c: Context) => Ip | null;

/**
 * The nearest address that is no trusted proxy's: from the connection backwards through `X-Forwarded-For` or `Forwarded`,
 * as long as each hop is trusted. Where a hop cannot be read, it is the last proxy that could be trusted; where the two
 * headers disagree, the nearest one: what a client has invented never becomes an address.
 */
export function addressReader(trustedProxies: readonly string[], peerOf: PeerOf): AddressOf {
  if (trustedProxies.length === 0) return peerOf;
  const isTrusted = networkList(trustedProxies);
  const behind = (peer: Ip, hops: Hops): Ip => {
    let nearest = peer;
    for (const hop of hops) {
      if (hop === null || !isTrusted(nearest)) return nearest;
      nearest = hop;
    }
    return nearest;
  };
  return (c) => {
    const peer = peerOf(c);
    if (peer === null || !isTrusted(peer)) return peer;
    const forwardedFor = c.req.header("x-forwarded-for");
    const forwarded = c.req.header("forwarded");
    const found = [
      ...(forwardedFor === undefined ? [] : [behind(peer, readForwardedFor(forwardedFor))]),
      ...(forwarded === undefined ? [] : [behind(peer, readForwarded(forwarded))]),
    ];
    const [first = peer, second = first] = found;
    // A proxy writes one of them and hands on the other as it came.
    return first.text === second.text ? first : peer;
  };
}

/**
 * The host that callers name: the request's own, or what a trusted proxy in front says it was
 * (`X-Forwarded-Host`).
 */
export function hostReader(trustedProxies: readonly string[], peerOf: PeerOf): (c: Context) => string {
  const isTrusted = networkList(trustedProxies);
  return (c) => {
    const peer = peerOf(c);
    const forwarded = c.req.header("x-forwarded-host")?.trim();
    // A list would be a chain of which only the end is known.
    if (forwarded && !forwarded.includes(",") && peer && isTrusted(peer)) return forwarded;
    return new URL(c.req.url).host;
  };
}
