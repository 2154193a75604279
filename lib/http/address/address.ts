/**
 * From where a request really comes.
 *
 * Map of this folder: `peer` is the other end of the connection, `forwarded` what it says about others, `networks`
 * whether it may say so, `ip` what an address is; `address` (this file) puts them together.
 */
import type { ProxyHeader } from "../../config/types.ts";
import { type Hops, readForwarded, readForwardedFor } from "./forwarded.ts";
import type { Ip } from "./ip.ts";
import { networkList } from "./networks.ts";
import type { Asker, PeerOf } from "./peer.ts";

/** Null where the platform does not tell. */
export type AddressOf = (asker: Asker) => Ip | null;

export interface ProxyRules {
  readonly trustedProxies: readonly string[];
  readonly trustedProxyHeader: ProxyHeader;
}

const READ: Readonly<Record<ProxyHeader, (header: string) => Hops>> = {
  "x-forwarded-for": readForwardedFor,
  forwarded: readForwarded,
};
const OTHER: Readonly<Record<ProxyHeader, ProxyHeader>> = {
  "x-forwarded-for": "forwarded",
  forwarded: "x-forwarded-for",
};

/**
 * The nearest address that is no trusted proxy's: from the connection backwards through the header that these write, as
 * long as each hop is trusted. Where a hop cannot be read, it is the last proxy that could be trusted. A header that they
 * do not write comes from the client as it is, and is not looked at: neither does it become an address, nor does it take
 * the client's own away.
 *
 * @param unread Called where there is only that other one.
 */
export function addressReader(rules: ProxyRules, peerOf: PeerOf, unread: () => void = () => {}): AddressOf {
  const { trustedProxies, trustedProxyHeader: name } = rules;
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
  return (asker) => {
    const peer = peerOf(asker);
    if (peer === null || !isTrusted(peer)) return peer;
    const header = asker.req.header(name);
    if (header !== undefined) return behind(peer, READ[name](header));
    if (asker.req.header(OTHER[name]) !== undefined) unread();
    return peer;
  };
}

/**
 * The host that callers name: the request's own, or what a trusted proxy in front says it was
 * (`X-Forwarded-Host`).
 */
export function hostReader(
  trustedProxies: readonly string[],
  peerOf: PeerOf,
): (asker: Asker & { readonly req: { readonly url: string } }) => string {
  const isTrusted = networkList(trustedProxies);
  return (asker) => {
    const peer = peerOf(asker);
    const forwarded = asker.req.header("x-forwarded-host")?.trim();
    // A list would be a chain of which only the end is known.
    if (forwarded && !forwarded.includes(",") && peer && isTrusted(peer)) return forwarded;
    return new URL(asker.req.url).host;
  };
}
