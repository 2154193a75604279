/** Which server of a cluster has which keys. */
import { nodeText } from "../../redis-url.ts";

const SLOTS = 16_384;

/** By the hash tag of the key where it has one. */
export function slotOf(key: string): number {
  const tag = /^[^{]*\{([^}]+)\}/.exec(key)?.[1] ?? key;
  return crc16(new TextEncoder().encode(tag)) % SLOTS;
}

/** CRC-16 of XMODEM, as the cluster specification has it. */
function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x80_00 ? (crc << 1) ^ 0x10_21 : crc << 1;
    crc &= 0xff_ff;
  }
  return crc;
}

/** `host:port`. */
export type Address = string;

export interface SlotMap {
  readonly ranges: readonly { readonly from: number; readonly to: number; readonly owner: Address }[];
  /** All that it names, replicas too. */
  readonly nodes: readonly Address[];
}

/** @param asked Who has said it: stands where a node does not name its own host. */
export function readSlots(told: unknown, asked: Address): SlotMap {
  const ranges: { from: number; to: number; owner: Address }[] = [];
  const nodes = new Set<Address>();
  for (const entry of Array.isArray(told) ? told : []) {
    const [from, to, ...servers] = entry as [number, number, ...(readonly [string | null, number])[]];
    const addresses = servers.map(([host, port]) => addressOf(host, port, asked));
    for (const address of addresses) nodes.add(address);
    if (addresses[0] !== undefined) ranges.push({ from: Number(from), to: Number(to), owner: addresses[0] });
  }
  return { ranges, nodes: [...nodes] };
}

export interface Redirection {
  readonly slot: number;
  readonly to: Address;
  /** For this once: the slot is still moving. */
  readonly asking: boolean;
}

/** Null: it says something else. */
export function redirectionOf(error: unknown, asked: Address): Redirection | null {
  const said = error instanceof Error ? /^(MOVED|ASK) (\d+) (\S*):(\d+)/.exec(error.message) : null;
  if (said === null) return null;
  const [, kind, slot, host = "", port] = said;
  return { slot: Number(slot), to: addressOf(host, Number(port), asked), asking: kind === "ASK" };
}

/** One that is not known is that of who was asked. */
function addressOf(host: string | null, port: number, asked: Address): Address {
  const known =
    host && host !== "?" ? host.replace(/^\[(.*)\]$/, "$1") : asked.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
  return nodeText({ host: known, port });
}
