/** What proxies say about whom they forward for. Each appends at the right end; all to the left may be invented. */
import { type Ip, parseIp } from "./ip.ts";

/** More proxies in a row are nobody's. */
const MOST_HOPS = 32;
const LONGEST_HEADER = 4_096;

/** The hops of a header, nearest first; null where one is no address. */
export type Hops = readonly (Ip | null)[];

/** `X-Forwarded-For: client, proxy`, with ports or without. */
export function readForwardedFor(header: string): Hops {
  return nearestFirst(header).map(parseNode);
}

/** `Forwarded: for=192.0.2.1;proto=https, for="[2001:db8::1]:4711"` (RFC 7239). Hidden and unknown nodes are null. */
export function readForwarded(header: string): Hops {
  return nearestFirst(header).map((element) => {
    const nodes = element.split(";").flatMap((pair) => /^\s*for\s*=\s*("?)(.*)\1\s*$/i.exec(pair)?.[2] ?? []);
    // Two of them would let a client write beside what its proxy writes.
    return nodes.length === 1 ? parseNode(nodes[0] ?? "") : null;
  });
}

/** From the right, so that a quote which a client left open hides nothing of what its proxy added. */
function nearestFirst(header: string): readonly string[] {
  const elements: string[] = [];
  const start = Math.max(0, header.length - LONGEST_HEADER);
  let end = header.length;
  let quoted = false;
  for (let at = end - 1; at >= start && elements.length < MOST_HOPS; at--) {
    if (header[at] === '"') quoted = !quoted;
    if (header[at] !== "," || quoted) continue;
    elements.push(header.slice(at + 1, end));
    end = at;
  }
  if (start === 0 && elements.length < MOST_HOPS) elements.push(header.slice(0, end));
  return elements;
}

function parseNode(text: string): Ip | null {
  const node = text.trim();
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(node)?.[1];
  if (bracketed !== undefined) return bracketed.includes(":") ? parseIp(bracketed) : null;
  return parseIp(/^([\d.]+):\d{1,5}$/.exec(node)?.[1] ?? node);
}
