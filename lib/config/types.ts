/**
 * The shape of a {@link Config}: what the rest of the library is given instead of an environment.
 *
 * Every duration is in milliseconds, every ratio between 0 and 1, and every name ends in its unit. `null` stands for
 * "not set, and what then happens is decided where it is known" (a terminal, a supervisor, a store), never for a default.
 */
import type { DatabaseSettings } from "../database/port.ts";
import type { GateConfig, HomeRules } from "../gate/types.ts";
import type { LogLevel } from "../log/port.ts";
import type { HookTarget } from "./hook-targets.ts";

export type AppEnv = "development" | "testing" | "staging" | "production";

/** Where the database is. `url` carries its secrets; `address` is fit for people. */
export type DatabaseTarget =
  | { readonly kind: "postgres"; readonly url: string; readonly address: string }
  | {
      readonly kind: "oracle";
      readonly url: string;
      readonly address: string;
      readonly user: string;
      readonly password: string;
      /** `host:port/service`, as Oracle's Easy Connect wants it. */
      readonly connectString: string;
    }
  /** `directory` null: in memory, gone with the process. */
  | { readonly kind: "pglite"; readonly directory: string | null; readonly address: string };

/** Where the gate lives. `url` and `token` carry secrets; `address` is fit for people. */
export type StoreTarget =
  | { readonly kind: "memory"; readonly address: string }
  | { readonly kind: "redis"; readonly url: string; readonly address: string }
  | { readonly kind: "upstash"; readonly url: string; readonly token: string; readonly address: string }
  /** `path` null: the platform's own database. */
  | { readonly kind: "deno-kv"; readonly path: string | null; readonly address: string }
  | { readonly kind: "durable-object"; readonly address: string };

/** Ways to restart, by the name that `RESTART_HOOK` gives them. */
export const RESTART_HOOKS = [
  "soft",
  "node",
  "cloudflare",
  "cloudflare-build-hook",
  "deno-deploy",
  "vercel",
  "vercel-hook",
  "netlify",
  "netlify-hook",
  "render",
  "fly",
  "railway",
  "heroku",
  "lambda",
  "cloud-run",
  "kubernetes",
  "github-actions",
  "webhook",
] as const;
export type RestartHook = (typeof RESTART_HOOKS)[number];

/** A bearer token and the name that the audit knows its holder by. */
export interface NamedToken {
  readonly name: string;
  readonly token: string;
}

/** Something in the environment that is usable but probably not meant. */
export interface ConfigWarning {
  readonly variable: string;
  /** Goes on where the variable's name ends: "DB_POOLSIZE is not read; did you mean …?" */
  readonly message: string;
  /** What to do, as a sentence without a full stop. */
  readonly remedy: string;
}

/** What the environment says about the breaker, for people and payloads; {@link Config.gate} has it for the gate. */
export interface BreakerSettings {
  readonly enabled: boolean;
  readonly failureThreshold: number;
  readonly failureRatio: number;
  readonly windowMs: number;
  /** Fewest calls in the window before a ratio counts. */
  readonly windowCalls: number;
  readonly recoveryTimeoutMs: number;
  readonly halfOpenProbes: number;
  readonly successesToClose: number;
  /** 1 switches it off. */
  readonly slowRatio: number;
  /** From when on a call counts as slow; null: none does. */
  readonly slowCallMs: number | null;
}

/** The environment, validated and frozen to its depth. */
export interface Config {
  readonly app: {
    readonly name: string;
    readonly env: AppEnv;
  };
  /** Where Node listens. */
  readonly listen: {
    readonly host: string;
    readonly port: number;
    /** Processes under a supervisor; null: one process without. Null too where processes cannot share what they must. */
    readonly workers: number | null;
  };
  readonly database: DatabaseTarget;
  /** Goes to `DatabaseAdapter.open` as it stands. */
  readonly pool: DatabaseSettings;
  /** How a call waits for its permit and its connection. */
  readonly admission: {
    /** Longest wait for a permit and a connection together. */
    readonly waitTimeoutMs: number;
    /** Retry hint of a refusal for want of room. */
    readonly exhaustedRetryAfterMs: number;
    /** Waiters per lane, for the whole fleet. */
    readonly maxWaiting: number;
  };
  readonly breaker: BreakerSettings;
  /** The rules of the gate, rates in parts of 10,000. The store adds what depends on it ({@link HomeRules}). */
  readonly gate: Omit<GateConfig, keyof HomeRules>;
  readonly store: StoreTarget & {
    readonly namespace: string;
    /** Longest a call may take before the instance goes on without it; null: by the store that is given. */
    readonly deadlineMs: number | null;
    /** Without a store: a local share of the capacity, or nothing. */
    readonly fallback: "local" | "closed";
    readonly maxSkewMs: number;
    readonly expectedInstances: number;
  };
  readonly health: {
    /** 0: every request computes. Always 0 in `testing`. */
    readonly memoTtlMs: number;
    readonly probeTimeoutMs: number;
  };
  readonly resilience: {
    readonly degradedAlertMs: number;
    readonly poolSaturationWarningRatio: number;
    readonly poolSaturationCriticalRatio: number;
    readonly restartChurnWindowMs: number;
    readonly restartChurnThreshold: number;
  };
  readonly restart: {
    /** null: `node` under the supervisor, else `soft`. */
    readonly hook: RestartHook | null;
    /** What the hook is given; null where it needs nothing. */
    readonly target: HookTarget | null;
    readonly cooldownMs: number;
    readonly retryBudget: number;
    readonly windowMs: number;
    readonly churnThreshold: number;
    /** An exceeded budget or churn blocks until a human overrides. */
    readonly guarded: boolean;
  };
  readonly watchdog: {
    readonly enabled: boolean;
    readonly checkIntervalMs: number;
    /** Bearer of `/internal/watchdog`; null: nobody may call it. */
    readonly cronSecret: string | null;
  };
  readonly access: {
    readonly adminTokens: readonly NamedToken[];
    readonly monitorTokens: readonly NamedToken[];
    /** Whether `/metrics` asks nobody who they are. */
    readonly metricsPublic: boolean;
    readonly oidc: { readonly issuer: string; readonly audience: string } | null;
    readonly cloudflareAccess: { readonly issuer: string; readonly audience: string } | null;
    /** Signs console sessions; null: made at the start, outside production. */
    readonly sessionSecret: string | null;
  };
  readonly http: {
    /** Per client; 0 switches the limit off. */
    readonly rateLimitPerMinute: number;
    readonly corsOrigins: readonly string[];
    /** Addresses and networks whose forwarding headers are believed. */
    readonly trustedProxies: readonly string[];
    readonly requestBodyLimitBytes: number;
  };
  readonly audit: {
    readonly file: string | null;
  };
  readonly log: {
    readonly level: LogLevel;
    /** null: `pretty` on a terminal, else `json`. */
    readonly format: "json" | "pretty" | null;
  };
  /** Every secret value above, passwords in URLs raw and decoded: for the redactor, and for nothing else. */
  readonly secrets: readonly string[];
  readonly warnings: readonly ConfigWarning[];
}
