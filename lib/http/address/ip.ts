/** IP addresses as numbers: to compare them with networks, and to know those that are one client's. */

export interface Ip {
  readonly version: 4 | 6;
  readonly bits: bigint;
  /** In its one canonical form. An IPv4 address in IPv6 clothes (`::ffff:192.0.2.1`) is an IPv4 address. */
  readonly text: string;
}

const LONGEST = 45;
const LONGEST_ZONE = 17;
const IPV4 = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/;
const MAPPED = 0xffffn;

/** The same few addresses come again and again; reading one takes as long as all else that is done for a request. */
const READ = new Map<string, Ip | null>();
const MOST_READ = 1_000;

/** Reads an address as sockets and proxies write it, with an IPv6 zone or without; anything else is null. */
export function parseIp(text: string): Ip | null {
  if (text.length > LONGEST + LONGEST_ZONE) return null;
  const known = READ.get(text);
  if (known !== undefined) return known;
  const ip = readIp(text);
  if (READ.size >= MOST_READ) READ.clear();
  READ.set(text, ip);
  return ip;
}

function readIp(text: string): Ip | null {
  const address = text.includes(":") ? text.replace(/%[\w.-]{1,16}$/, "") : text;
  if (address.length > LONGEST) return null;
  return address.includes(":") ? parseIpv6(address) : parseIpv4(address);
}

function parseIpv4(text: string): Ip | null {
  const parts = IPV4.exec(text)?.slice(1).map(Number);
  if (parts === undefined || parts.some((part) => part > 255)) return null;
  return { version: 4, bits: parts.reduce((bits, part) => bits * 256n + BigInt(part), 0n), text };
}

function parseIpv6(text: string): Ip | null {
  // The platform's own reader of URLs knows every way to write one, and writes it in one.
  if (!/^[0-9a-f:.]+$/i.test(text) || !URL.canParse(`http://[${text}]/`)) return null;
  const canonical = new URL(`http://[${text}]/`).hostname.slice(1, -1);
  const [head = "", tail] = canonical.split("::");
  const groups = (part: string) => (part === "" ? [] : part.split(":"));
  const [left, right] = [groups(head), groups(tail ?? "")];
  const zeros = Array(8 - left.length - right.length).fill("0");
  const bits = BigInt(`0x${[...left, ...zeros, ...right].map((group) => group.padStart(4, "0")).join("")}`);
  if (bits >> 32n === MAPPED) return fromBits(bits & 0xffff_ffffn);
  return { version: 6, bits, text: canonical };
}

function fromBits(bits: bigint): Ip {
  const parts = [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 0xffn);
  return { version: 4, bits, text: parts.join(".") };
}

/** What counts as one client: an IPv4 address; of IPv6 the /64, which is the least that anybody is given. */
export function clientOf({ version, bits, text }: Ip): string {
  if (version === 4) return text;
  const groups = [112n, 96n, 80n, 64n].map((shift) => ((bits >> shift) & 0xffffn).toString(16));
  return `${groups.join(":")}::/64`;
}
