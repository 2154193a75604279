/** What an instance has at hand: bounded by bytes, and what was asked for longest ago goes first. */
import type { Runtime } from "../runtime.ts";
import type { KeptEntry } from "./form.ts";

/** 64 MiB, with what is made of an entry by who reads it. */
const LARGEST_BYTES = 64 * 1_024 * 1_024;
const BYTES_ROUND_AN_ENTRY = 512;
/** Engines take two bytes for each character of a text in which there is one beyond Latin-1. */
const WIDE = /[^\0-\xff]/;
/** Its text, what was read of that, and what is given of it while it stands in for a new one. */
const TIMES = 3;

/** An entry at hand. */
export interface Remembered {
  readonly entry: KeptEntry;
  /** Since its source was asked, now. */
  readonly ageMs: number;
}

export interface KeptMemory {
  /** `setMs`: since it was put here, in milliseconds. */
  get(key: string): (Remembered & { readonly setMs: number }) | null;
  /** @param ageMs Of the entry now, since its source was asked. */
  set(entry: KeptEntry, ageMs: number, ttlMs: number): void;
  /** Takes out what that is true of. */
  drop(isGone: (entry: KeptEntry, ageMs: number) => boolean): void;
  readonly entries: number;
  readonly bytes: number;
}

interface Held {
  readonly entry: KeptEntry;
  /** On the monotonic clock. */
  readonly askedAt: number;
  readonly setAt: number;
  readonly until: number;
  readonly bytes: number;
}

export function createKeptMemory({ monotonicMs }: Runtime, largestBytes: number = LARGEST_BYTES): KeptMemory {
  /** In the order in which they were asked for last. */
  const held = new Map<string, Held>();
  let bytes = 0;
  const remove = (key: string) => {
    bytes -= held.get(key)?.bytes ?? 0;
    held.delete(key);
  };
  const shrink = () => {
    for (const key of held.keys()) {
      if (bytes <= largestBytes) return;
      remove(key);
    }
  };
  return {
    get: (key) => {
      const found = held.get(key);
      if (!found) return null;
      const now = monotonicMs();
      held.delete(key);
      if (now >= found.until) {
        bytes -= found.bytes;
        return null;
      }
      held.set(key, found);
      return { entry: found.entry, ageMs: now - found.askedAt, setMs: now - found.setAt };
    },
    set: (entry, ageMs, ttlMs) => {
      remove(entry.key);
      const now = monotonicMs();
      const size = sizeOf(entry);
      held.set(entry.key, { entry, askedAt: now - ageMs, setAt: now, until: now + ttlMs, bytes: size });
      bytes += size;
      shrink();
    },
    drop: (isGone) => {
      const now = monotonicMs();
      for (const [key, { entry, askedAt }] of held) if (isGone(entry, now - askedAt)) remove(key);
    },
    get entries() {
      return held.size;
    },
    get bytes() {
      return bytes;
    },
  };
}

function sizeOf({ key, tags, content }: KeptEntry): number {
  const characters = 2 * key.length + content.length + tags.reduce((sum, tag) => sum + tag.length, 0);
  return BYTES_ROUND_AN_ENTRY + TIMES * (WIDE.test(content) ? 2 : 1) * characters;
}
