/**
 * The words of the conformance suite: a cell is one runtime with one store, in front of a real PostgreSQL; every case is
 * told to every cell over HTTP alone.
 *
 * Map of this folder: `cases/` is the list, `platforms/` starts each runtime, `matrix` says which cells there are and
 * why others cannot be, `conformance` runs them, in `servers` and `functions`; `world` is what they share, `receiver` who
 * is told to restart, `settings` what it is set to, `asking` how they are asked; `mixed` is a fleet of several at once;
 * `reporter` prints the matrix. Beside it, `embedded` and `postgres` look at the demo on Node as `npm start` starts it.
 */
import type { PostgresServer } from "../support/postgres.ts";
import type { Asking } from "./asking.ts";
import type { Receiver } from "./receiver.ts";

export const RUNTIMES = ["node", "deno", "workerd", "vercel", "netlify", "lambda"] as const;
export type RuntimeName = (typeof RUNTIMES)[number];

export const STORES = ["memory", "redis", "upstash", "durable-object", "deno-kv"] as const;
export type StoreName = (typeof STORES)[number];

export interface Cell {
  readonly runtime: RuntimeName;
  readonly store: StoreName;
}

/** One instance of the demo, however it is made to listen. */
export interface Deployment {
  /** Another one after a restart. */
  readonly url: string;
  /** What a platform's scheduler does; absent where it calls `/internal/watchdog`. */
  readonly schedule?: () => Promise<void>;
  /** What it has written. */
  output(): string;
  /** Ends it, and starts another with the same settings. What it knew in memory is gone. */
  restart(): Promise<void>;
  stop(): Promise<unknown>;
}

export interface Platform {
  readonly runtime: RuntimeName;
  /** Whether it hears that a client has gone before its answer. Behind Lambda's events nobody is there to go. */
  readonly hearsClients: boolean;
  /** @param env Beside the platform's own. */
  start(env: Readonly<Record<string, string>>): Promise<Deployment>;
}

/** What a case has at hand. */
export interface Scene extends Asking {
  readonly cell: Cell;
  readonly platform: Pick<Platform, "hearsClients">;
  readonly deployment: Deployment;
  readonly postgres: PostgresServer;
  /** What `RESTART_HOOK=webhook` calls. */
  readonly receiver: Receiver;
}

/** In the order of the list, each from where the last one left off: a cell is healthy, and its breaker closed. */
export interface Case {
  readonly name: string;
  /** Why it is left out for a scene; null where it is not. */
  readonly without?: (scene: Pick<Scene, "cell" | "platform">) => string | null;
  run(scene: Scene): Promise<void>;
}
