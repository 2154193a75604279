/** What an application hands to `tidegate()`. */
import type { Config, Settings } from "./config.ts";
import type { DatabaseAdapter } from "./database/port.ts";
import type { HealthKeep } from "./health/persisted-report.ts";
import type { ConnInfo } from "./http/address/peer.ts";
import type { KeepHome } from "./kept/port.ts";
import type { Log } from "./log/port.ts";
import type { RestartProvider } from "./recovery/restart-provider.ts";
import type { Runtime } from "./runtime.ts";
import type { StoreAdapter, StoreLog } from "./store/port.ts";
import type { WaitUntil } from "./store/wait-until.ts";
import type { Telemetry } from "./telemetry/port.ts";

/** What an application is made of: its database, its store, and what differs from the default. */
export interface TidegateOptions extends Omit<Settings, "log"> {
  /**
   * What is guarded: `postgres(url)`, `pglite()`, … Without it there is no `c.var.db`: the application guards connections of
   * its own by a facade, or whatever it calls by `tide.run` and by gates.
   */
  readonly database?: DatabaseAdapter | undefined;
  /** Where the gate lives: `memory()`, `redis(url)`, … */
  readonly store: StoreAdapter;
  /**
   * In the place of settings and of the environment: what `readConfig()` has made. Default: the settings here over the
   * environment, which a soft restart then reads again, as it does a function's.
   */
  readonly config?: Config | (() => Config) | undefined;
  /** How the platform restarts: one of `tidegate/hooks/*`. Default: the soft restart, of every instance by itself. */
  readonly restart?: RestartProvider | undefined;
  /** Where the audit goes, such as `auditFile(path)` of `tidegate/node`. Default: the store. */
  readonly auditLog?: StoreLog | undefined;
  /**
   * What hears of events, whose fields come redacted: a log of the application's own. Or the settings of the default, which
   * is lines on the console: `{ level: "warn", format: "json" }`.
   */
  readonly log?: Log | Settings["log"];
  /** The application's version, for payloads. Default `0.0.0`. */
  readonly appVersion?: string;
  /**
   * Who is at the other end of a connection: `getConnInfo` of a Hono adapter, such as `hono/vercel`. Default: what Node,
   * Deno, Workers and Lambda say.
   */
  readonly connInfo?: ConnInfo | undefined;
  /**
   * Tells a platform that freezes or ends instances between requests what to wait for: `waitUntil` of
   * `cloudflare:workers` or `@vercel/functions`. Every call to the store is then made within its request.
   */
  readonly waitUntil?: WaitUntil | undefined;
  /** Where the last known health is kept for the time when the store is away: a namespace of Cloudflare KV. */
  readonly healthKeep?: HealthKeep | undefined;
  /**
   * Where kept answers live, beside the memory of each instance: `cloudflareKv(env.KEPT)`, `cacheApi()`. Default: the
   * store.
   */
  readonly keepHome?: KeepHome | undefined;
  /**
   * Who hears of requests, waits and statements as spans, and of how long they took: `openTelemetry()` of
   * `tidegate/adapters/opentelemetry`. Default: nobody, beside `/metrics`.
   */
  readonly telemetry?: Telemetry | undefined;
  /** Clock, timers, chance and network. Default: the platform's. */
  readonly runtime?: Runtime;
}
