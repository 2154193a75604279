/** Stores that need no more than `fetch`, or nothing. */
import type { Offer } from "../adapters.ts";

export const EVERYWHERE = {
  memory: async () => (await import("tidegate/stores/memory")).memory(),
  upstash: async ({ url, token }) => (await import("tidegate/stores/upstash")).upstash(url, { token }),
} satisfies Offer["stores"];
