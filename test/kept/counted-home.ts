/** A home of kept answers in memory that counts what it is asked, and does what a test says. */
import type { KeepHome } from "../../lib/kept/port.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";

export function countedHome({ monotonicMs } = manualRuntime()) {
  const entries = new Map<string, { readonly value: string; readonly ttlMs: number; readonly setAt: number }>();
  const home = {
    gets: 0,
    entries,
    trouble: undefined as (() => Promise<never>) | undefined,
    get: async (key: string) => {
      home.gets += 1;
      await home.trouble?.();
      const found = entries.get(key);
      return found ? { value: found.value, ageMs: monotonicMs() - found.setAt } : null;
    },
    set: async (key: string, value: string, ttlMs: number) => {
      await home.trouble?.();
      entries.set(key, { value, ttlMs, setAt: monotonicMs() });
    },
  };
  return home satisfies KeepHome;
}
