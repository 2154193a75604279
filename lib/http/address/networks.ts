/** Networks in CIDR notation (RFC 4632), and what lies in them. */
import { type Ip, parseIp } from "./ip.ts";

const WIDTH = { 4: 32, 6: 128 } as const;
/** How much longer the prefix of an IPv4 network is when it is written as IPv6. */
const MAPPED_BITS = 96;

/**
 * @param networks Addresses and networks, as the settings have checked them.
 * @returns Whether an address lies in any of them.
 */
export function networkList(networks: readonly string[]): (ip: Ip) => boolean {
  const ranges = networks.flatMap((network) => {
    const [address = "", length] = network.split("/");
    const ip = parseIp(address);
    if (ip === null) return [];
    const width = WIDTH[ip.version];
    const written = length === undefined ? width : Number(length);
    const isMapped = ip.version === 4 && address.includes(":") && length !== undefined;
    const shift = BigInt(width - Math.max(0, isMapped ? written - MAPPED_BITS : written));
    return [{ version: ip.version, shift, prefix: ip.bits >> shift }];
  });
  return ({ version, bits }) =>
    ranges.some((range) => range.version === version && bits >> range.shift === range.prefix);
}
