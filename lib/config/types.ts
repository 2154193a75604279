/**
 * The shape of a {@link Config}: what the rest of the library is given instead of an environment.
 *
 * Every duration is in milliseconds, every ratio between 0 and 1, and every name ends in its unit. `null` stands for
 * "not set, and what then happens is decided where it is known" (a terminal, a supervisor, a store), never for a default.
 */
import type { Database, DatabaseSettings } from "../database/port.ts";
import type { GateConfig, HomeRules } from "../gate/types.ts";
import type { LeastLevel } from "../log/port.ts";
import type { StoreKind } from "../store/port.ts";
import type { HookTarget, RestartHook } from "./hook-targets.ts";

/** Where an application runs, by `APP_ENV`. */
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

/** What each home of a store is reached by. */
export interface StorePlaces extends Record<StoreKind, object> {
  /** In this process. */
  readonly memory: object;
  /** `redis://…` or `rediss://…`, with its password. */
  readonly redis: { readonly url: string };
  /** Of its REST. */
  readonly upstash: { readonly url: string; readonly token: string };
  /** `path` null: the platform's own database. */
  readonly "deno-kv": { readonly path: string | null };
  /** By a binding, which no environment names. */
  readonly "durable-object": object;
}

/** Where the gate lives. `url` and `token` carry secrets; `address` is fit for people. */
export type StoreTarget = {
  readonly [Kind in StoreKind]: { readonly kind: Kind; readonly address: string } & StorePlaces[Kind];
}[StoreKind];

/** What code names: `DATABASE_URL`, or `STATE_URL` with `STATE_TOKEN`, is not looked at then. */
export interface InCode<Adapter extends string> {
  /** Tells it from what the environment names. */
  readonly kind: "code";
  /** Which driver, or which home of a store, it is. */
  readonly adapter: Adapter;
  /** Fit for people. */
  readonly address: string;
}

/** In which header proxies say whom they forward for. */
export type ProxyHeader = "x-forwarded-for" | "forwarded";

/** A bearer token and the name that the audit knows its holder by. */
export interface NamedToken {
  /** Who holds it, for the audit. */
  readonly name: string;
  /** A secret. */
  readonly token: string;
}

/** Something in the environment that is usable but probably not meant. */
export interface ConfigWarning {
  /** Its name. */
  readonly variable: string;
  /** Goes on where the variable's name ends: "DB_POOLSIZE is not read; did you mean …?" */
  readonly message: string;
  /** What to do, as a sentence without a full stop. */
  readonly remedy: string;
}

/** What the environment says about the breaker, for people and payloads; {@link Config.gate} has it for the gate. */
export interface BreakerSettings {
  /** `false`: it counts, and never opens. */
  readonly enabled: boolean;
  /** Fewest failures that open it. */
  readonly failureThreshold: number;
  /** Share of failed calls from which it opens, 0 to 1. */
  readonly failureRatio: number;
  /** How far back calls count, in milliseconds. */
  readonly windowMs: number;
  /** Fewest calls in the window before a ratio counts. */
  readonly windowCalls: number;
  /** How long it stays open at first, in milliseconds. */
  readonly recoveryTimeoutMs: number;
  /** Calls at once while it is half open, for the whole fleet. */
  readonly halfOpenProbes: number;
  /** Successful probes that close it. */
  readonly successesToClose: number;
  /** Share of slow calls above which it opens, 0 to 1; 1 switches it off. */
  readonly slowRatio: number;
  /** From when on a call counts as slow, in milliseconds; null: none does. */
  readonly slowCallMs: number | null;
}

/** The environment, validated and frozen to its depth. */
export interface Config {
  /** What runs, and where. */
  readonly app: {
    readonly name: string;
    readonly env: AppEnv;
  };
  /** Where Node listens, and for how long it waits. Times in milliseconds. */
  readonly listen: {
    readonly host: string;
    readonly port: number;
    /** Processes under a supervisor; null: one process without. Null too where processes cannot share what they must. */
    readonly workers: number | null;
    /** Longer than the balancer in front keeps an idle connection. */
    readonly keepAliveMs: number;
    /** Longest that the headers of a request may take. */
    readonly headersTimeoutMs: number;
    /** Longest that a whole request may take to arrive. */
    readonly requestTimeoutMs: number;
    /** Longest that requests under way may go on at the end; then they are cut off. */
    readonly drainMs: number;
  };
  /** By `DATABASE_URL`, for who makes the adapter; or what code has named. */
  readonly database: DatabaseTarget | InCode<Database["kind"]>;
  /** Goes to `DatabaseAdapter.open` as it stands. */
  readonly pool: DatabaseSettings;
  /** How a call waits for its permit and its connection. */
  readonly admission: {
    /** Longest wait for a permit and a connection together. */
    readonly waitTimeoutMs: number;
    /** Retry hint of a refusal for want of room. */
    readonly exhaustedRetryAfterMs: number;
    /** Calls that may wait, per lane, for the whole fleet. */
    readonly maxWaiting: number;
    /** Of the lane `slow`; what stands beside it is for the others. */
    readonly slow: {
      readonly waitTimeoutMs: number;
      /** Calls that may wait. */
      readonly maxWaiting: number;
    };
  };
  /** For people; {@link gate} is what the gate goes by. */
  readonly breaker: BreakerSettings;
  /** The rules of the gate, rates in parts of 10,000. The store adds what depends on it ({@link HomeRules}). */
  readonly gate: Omit<GateConfig, keyof HomeRules>;
  /** By `STATE_URL`, for who makes the adapter, or what code has named; and how the gate lives there. */
  readonly store: (StoreTarget | InCode<StoreKind>) & {
    /** Keeps applications apart that share one store. */
    readonly namespace: string;
    /** Under which restarts are kept: by the environment alone, since a supervisor knows no database that code names. */
    readonly ledgerNamespace: string;
    /** Longest a call may take before the instance goes on without it; null: by the store that is given. */
    readonly deadlineMs: number | null;
    /** Without a store: a local share of the capacity, or nothing. */
    readonly fallback: "local" | "closed";
    /** How far clocks may differ where the store has none of its own. */
    readonly maxSkewMs: number;
    /** Instances there are at most: decides each one's share of the capacity while the store is away. */
    readonly expectedInstances: number;
  };
  /** How `/health` is computed. In milliseconds. */
  readonly health: {
    /** 0: every request computes. Always 0 in `testing`. */
    readonly memoTtlMs: number;
    readonly probeTimeoutMs: number;
  };
  /** When health warns, and of what. Times in milliseconds, ratios 0 to 1. */
  readonly resilience: {
    readonly degradedAlertMs: number;
    readonly poolSaturationWarningRatio: number;
    readonly poolSaturationCriticalRatio: number;
    readonly restartChurnWindowMs: number;
    readonly restartChurnThreshold: number;
  };
  /** How restarts are made, and how often they may be. Times in milliseconds. */
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
  /** Whether somebody looks by itself, and how often (milliseconds). */
  readonly watchdog: {
    readonly enabled: boolean;
    readonly checkIntervalMs: number;
    /** Bearer of `/internal/watchdog`; null: nobody may call it. */
    readonly cronSecret: string | null;
  };
  /** Who may do what. */
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
  /** What requests may do. */
  readonly http: {
    /** Per client; 0 switches the limit off. */
    readonly rateLimitPerMinute: number;
    readonly corsOrigins: readonly string[];
    /** Addresses and networks whose forwarding headers are believed. */
    readonly trustedProxies: readonly string[];
    /** The one in which they say whom they forward for; the other is not read. */
    readonly trustedProxyHeader: ProxyHeader;
    readonly requestBodyLimitBytes: number;
  };
  /** `file` null: the audit is in the store. */
  readonly audit: {
    readonly file: string | null;
  };
  /** What the database is told beside statements. */
  readonly telemetry: {
    /** A comment with each of them. False where they are prepared by their text, whatever was set. */
    readonly sqlComments: boolean;
  };
  /** What is logged, and how. */
  readonly log: {
    readonly level: LeastLevel;
    /** null: `pretty` on a terminal, else `json`. */
    readonly format: "json" | "pretty" | null;
  };
  /** Every secret value above, passwords in URLs raw and decoded: for the redactor, and for nothing else. */
  readonly secrets: readonly string[];
  /** What is usable, and probably not meant. */
  readonly warnings: readonly ConfigWarning[];
}
