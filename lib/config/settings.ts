/**
 * Settings as code says them: what `tidegate({ … })` and `readConfig(env, { … })` take, and what wins over the environment
 * there. Each stands in the table of docs/settings.md beside its variable, with its default and its bounds.
 */
import type { LeastLevel } from "../log/port.ts";
import type { AppEnv, NamedToken, ProxyHeader } from "./types.ts";

/** One lane of the database's gate, for the whole fleet. Times in milliseconds. */
export interface LaneSettings {
  /** Calls at once. */
  readonly capacity?: number | undefined;
  /** Longest wait for a permit and a connection together; 0 does not wait. */
  readonly waitMs?: number | undefined;
  /** Longest that a statement may run. */
  readonly deadlineMs?: number | undefined;
  /** Calls that may wait. */
  readonly maxWaiting?: number | undefined;
}

/**
 * What code says in the place of the environment. What is left out is the environment's, and what that leaves out has its
 * default.
 *
 * @example
 * ```ts
 * const tide = tidegate({
 *   database: postgres(process.env.DATABASE_URL),
 *   store: memory(),
 *   namespace: "orders",
 *   lanes: { request: { capacity: 40, waitMs: 500, deadlineMs: 5_000 }, slow: { capacity: 4 } },
 *   breaker: { failureThreshold: 10, recoveryMs: 5_000 },
 *   log: { level: "warn" },
 * });
 * ```
 */
export interface Settings {
  /** What the application is called towards the database and the shared store. Default `tidegate`. */
  readonly appName?: string | undefined;
  /** Which deployment this is. */
  readonly appEnv?: AppEnv | undefined;
  /** Keeps applications apart that share one store. */
  readonly namespace?: string | undefined;
  /** Room in front of the database. */
  readonly lanes?:
    | {
        readonly request?: LaneSettings | undefined;
        /** For calls that take long; what is left out of its waits is as in `request`. */
        readonly slow?: LaneSettings | undefined;
        /** For health alone. */
        readonly health?:
          | {
              /** Calls at once, each of them a ping, for the whole fleet. */
              readonly capacity?: number | undefined;
            }
          | undefined;
        /** `Retry-After` of a refusal for want of room, in milliseconds. */
        readonly retryAfterMs?: number | undefined;
      }
    | undefined;
  /** Connections of each instance. Times in milliseconds. */
  readonly pool?:
    | {
        readonly size?: number | undefined;
        readonly maxOverflow?: number | undefined;
        readonly recycleMs?: number | undefined;
        readonly connectTimeoutMs?: number | undefined;
        readonly pooler?: "none" | "transaction" | undefined;
        readonly sqlComments?: boolean | undefined;
      }
    | undefined;
  /** When the database's breaker opens, for how long, and what closes it: in the words that gates of one's own have. */
  readonly breaker?:
    | {
        /** False: outcomes are counted and nothing opens. */
        readonly enabled?: boolean | undefined;
        /** Fewest failures that open it. */
        readonly failureThreshold?: number | undefined;
        /** Share of failed calls from which it opens, 0 to 1. */
        readonly failureRate?: number | undefined;
        /** How far back calls count. */
        readonly windowSeconds?: number | undefined;
        /** Fewest calls in the window before a rate counts. */
        readonly windowCalls?: number | undefined;
        /** How long it stays open the first time. */
        readonly recoveryMs?: number | undefined;
        /** Calls at once while it is half open, for the whole fleet. */
        readonly probes?: number | undefined;
        /** Successful probes that close it. */
        readonly successesToClose?: number | undefined;
        /** From when on a call counts as slow. */
        readonly slowMs?: number | undefined;
        /** Share of slow calls above which it opens, 0 to 1; 1 is off. */
        readonly slowRate?: number | undefined;
      }
    | undefined;
  /** How `/health` is computed, and of what it warns. Times in milliseconds, saturation from 0 to 1. */
  readonly health?:
    | {
        readonly memoTtlMs?: number | undefined;
        readonly probeTimeoutMs?: number | undefined;
        readonly degradedAlertMs?: number | undefined;
        readonly saturationWarning?: number | undefined;
        readonly saturationCritical?: number | undefined;
        readonly restartChurnWindowMs?: number | undefined;
        readonly restartChurnThreshold?: number | undefined;
      }
    | undefined;
  /** How often restarts may be; how they are made is `restart`. Times in milliseconds. */
  readonly restarts?:
    | {
        readonly cooldownMs?: number | undefined;
        readonly retryBudget?: number | undefined;
        readonly windowMs?: number | undefined;
        readonly churnThreshold?: number | undefined;
        readonly guarded?: boolean | undefined;
      }
    | undefined;
  /** Whether somebody looks by itself, and how often. */
  readonly watchdog?:
    | {
        readonly enabled?: boolean | undefined;
        readonly checkIntervalMs?: number | undefined;
        readonly cronSecret?: string | undefined;
      }
    | undefined;
  /** How the gate lives in the store that the instances share. Times in milliseconds. */
  readonly state?:
    | {
        readonly deadlineMs?: number | undefined;
        readonly fallback?: "local" | "closed" | undefined;
        readonly maxSkewMs?: number | undefined;
        readonly expectedInstances?: number | undefined;
      }
    | undefined;
  /** Who may do what. Secrets belong into no source: hand in what a vault gives at the start. */
  readonly access?:
    | {
        readonly adminTokens?: readonly NamedToken[] | undefined;
        readonly monitorTokens?: readonly NamedToken[] | undefined;
        readonly metricsPublic?: boolean | undefined;
        readonly oidcIssuer?: string | undefined;
        readonly oidcAudience?: string | undefined;
        readonly cloudflareTeamDomain?: string | undefined;
        readonly cloudflareAudience?: string | undefined;
        readonly sessionSecret?: string | undefined;
      }
    | undefined;
  /** What requests may do. */
  readonly http?:
    | {
        readonly rateLimitPerMinute?: number | undefined;
        readonly corsOrigins?: readonly string[] | undefined;
        readonly trustedProxies?: readonly string[] | undefined;
        readonly trustedProxyHeader?: ProxyHeader | undefined;
        readonly bodyLimitBytes?: number | undefined;
      }
    | undefined;
  /** Where `serve` of `tidegate/node` listens, and for how long it waits. Times in milliseconds. */
  readonly listen?:
    | {
        readonly host?: string | undefined;
        readonly port?: number | undefined;
        /** Processes behind that port, for `supervise`. */
        readonly workers?: number | undefined;
        readonly keepAliveMs?: number | undefined;
        readonly headersTimeoutMs?: number | undefined;
        readonly requestTimeoutMs?: number | undefined;
        readonly drainMs?: number | undefined;
      }
    | undefined;
  /** What is logged, and how, where the application has no log of its own. */
  readonly log?:
    | {
        readonly level?: LeastLevel | undefined;
        readonly format?: "json" | "pretty" | undefined;
      }
    | undefined;
}
