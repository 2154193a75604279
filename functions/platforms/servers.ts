/** What runs wherever Node's sockets are: Node itself, Deno, and functions of Node. */
import type { Offer } from "../adapters.ts";
import { EVERYWHERE } from "./everywhere.ts";

export const SERVER_DATABASES = {
  postgres: async ({ url }) => (await import("tidegate/databases/postgres")).postgres(url),
  oracle: async ({ url }) => (await import("tidegate/databases/oracle")).oracle(url),
} satisfies Offer["databases"];

export const SERVER_STORES = {
  ...EVERYWHERE,
  redis: async ({ url }) => (await import("tidegate/stores/redis")).redis(url),
} satisfies Offer["stores"];
