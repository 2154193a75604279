/** What monitors read: its names to the letter, none missing and none beside. */
import * as v from "valibot";
import type { Payload } from "./contract.ts";
import { keptPart } from "./kept.ts";
import {
  circuitBreaker,
  degradedReason,
  gatePings,
  poolRuntime,
  poolState,
  resilience,
  runtimeContract,
  services,
  stateStore,
  storeKind,
} from "./parts.ts";
import { amount, count, isoTime, ratio } from "./values.ts";

const someTexts = v.pipe(v.array(v.string()), v.minLength(1));
const status = v.picklist(["healthy", "degraded", "unhealthy"]);
const verdict = { status, degraded_reason: degradedReason, degraded_since: v.nullable(isoTime) };
/** What is known only when it is read. */
type OfReading = "kept" | "age_ms" | "stale";
const reading = {
  computed_at: isoTime,
  memo: v.strictObject({ scope: v.picklist(["fleet", "instance"]), ttl_seconds: amount }),
  age_ms: count,
  stale: v.optional(v.literal(true)),
};

export const healthSchema = v.strictObject({
  ...verdict,
  services: v.strictObject(services),
  gates: v.optional(gatePings),
  state_store: stateStore,
  circuit_breaker: circuitBreaker,
  database_pool: v.strictObject({ runtime: poolRuntime, state: poolState }),
  resilience,
  runtime_contract: runtimeContract,
  errors: v.optional(someTexts),
  warnings: v.optional(someTexts),
  kept: v.pipe(keptPart, v.description("Of the instance that answers, now.")),
  ...reading,
});

/** As it is answered. */
export type HealthAnswer = Payload<typeof healthSchema>;
/** As it is computed, and handed on from instance to instance. */
export type HealthPayload = Omit<HealthAnswer, OfReading>;

const storeCheck = { status: v.picklist(["healthy", "error"]), latency_ms: v.nullable(amount) };

export const deepSchema = v.strictObject({
  ...verdict,
  checks: v.strictObject({
    database: v.strictObject({
      status: v.picklist(["healthy", "slow", "error", "unknown", "disabled"]),
      latency_ms: v.nullable(amount),
      error: v.optional(v.string()),
      pool: poolState,
      pool_runtime: poolRuntime,
    }),
    redis: v.strictObject({ ...storeCheck, status: v.picklist(["healthy", "error", "disabled"]) }),
    state_store: v.strictObject({ kind: storeKind, ...storeCheck }),
    circuit_breaker: circuitBreaker,
    gates: v.optional(gatePings),
  }),
  metrics: v.strictObject({
    query_count: count,
    query_p50_ms: amount,
    query_p95_ms: amount,
    query_p99_ms: amount,
    slow_query_count: count,
    slow_query_rate: ratio,
    slow_query_ms: amount,
    window_seconds: count,
    scope: v.literal("instance"),
  }),
  resilience,
  runtime_contract: runtimeContract,
  warnings: v.array(v.string()),
  ...reading,
});

export type DeepAnswer = Payload<typeof deepSchema>;
export type DeepPayload = Omit<DeepAnswer, OfReading>;

const checkStatus = v.picklist(["pass", "warn", "fail"]);
const check = v.pipe(
  v.array(
    v.strictObject({
      componentType: v.picklist(["datastore", "component"]),
      status: checkStatus,
      observedValue: v.optional(v.union([v.number(), v.string()])),
      observedUnit: v.optional(v.string()),
      time: isoTime,
      output: v.optional(v.string()),
    }),
  ),
  v.length(1),
);

/** draft-inadarei-api-health-check-06: an `output` only where something is not well. */
export const ietfSchema = v.pipe(
  v.strictObject({
    status: checkStatus,
    version: v.string(),
    releaseId: v.string(),
    output: v.optional(v.string()),
    checks: v.strictObject({
      "database:responseTime": check,
      "database_pool:utilization": check,
      "circuit_breaker:state": check,
      "state_store:reachability": check,
    }),
  }),
  v.check(({ status, output }) => (status === "pass") === (output === undefined), "an output unless it passes"),
);

export type IetfHealth = Payload<typeof ietfSchema>;
export type IetfCheck = IetfHealth["checks"]["circuit_breaker:state"][number];

/** Of an instance whose environment cannot be used. */
export const misconfiguredSchema = v.strictObject({
  status: v.literal("unhealthy"),
  services: v.strictObject({ database: v.literal("unknown"), redis: v.literal("unknown") }),
  degraded_reason: v.literal("configuration_invalid"),
  runtime_contract: runtimeContract,
  errors: someTexts,
  computed_at: isoTime,
  age_ms: count,
});

export type MisconfiguredHealth = Payload<typeof misconfiguredSchema>;

export const liveSchema = v.strictObject({ status: v.literal("alive") });
export const readySchema = v.strictObject({ status: v.literal("ready") });
export const notReadySchema = v.strictObject({ status: v.picklist(["starting", "draining"]) });
export type Liveness = Payload<typeof liveSchema>;
export type Readiness = Payload<typeof readySchema | typeof notReadySchema>["status"];
