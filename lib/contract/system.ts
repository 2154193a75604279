/** What operators read of the whole system, and what they are told when they speak to its breaker. */
import * as v from "valibot";
import { OPERATE_MODES } from "../../../lib/gate/types.ts";
import {
  circuitBreaker,
  contract,
  degradedReason,
  forcedByOperator,
  poolRuntime,
  poolState,
  resilience,
  services,
  stateStore,
} from "./health.ts";
import { count, isoTime } from "./values.ts";

const state = v.picklist(["CLOSED", "OPEN", "HALF_OPEN"]);
const stateBefore = v.picklist(["closed", "open", "half_open"]);
const cause = v.picklist([
  "failure_rate",
  "slow_rate",
  "failure_run",
  "probe_failed",
  "open_period_over",
  "pings_succeeded",
  "probes_succeeded",
  "override",
  "override_ended",
  "adopted",
]);

const laneSchema = v.strictObject({
  capacity: count,
  held: count,
  free: count,
  leased: count,
  waiting: count,
  full_since: v.nullable(isoTime),
});

const transitionSchema = v.variant("kind", [
  v.strictObject({
    kind: v.literal("transition"),
    at: isoTime,
    from: stateBefore,
    to: stateBefore,
    cause,
    generation: count,
  }),
  v.strictObject({
    kind: v.literal("override"),
    at: isoTime,
    mode: v.picklist(OPERATE_MODES),
    until: isoTime,
    actor: v.string(),
    reason: v.string(),
  }),
  v.strictObject({ kind: v.literal("would_open"), at: isoTime, cause }),
  v.strictObject({ kind: v.literal("life"), at: isoTime, life: count }),
]);

const gateSchema = v.strictObject({
  circuit_breaker: v.strictObject({
    state,
    since: isoTime,
    open_until: v.nullable(isoTime),
    failed_recoveries: count,
    total_count: count,
    failure_count: count,
    slow_count: count,
    forced: forcedByOperator,
  }),
  override_version: count,
  lanes: v.strictObject({ request: laneSchema, slow: laneSchema, health: laneSchema }),
  seconds: v.array(
    v.strictObject({
      at: isoTime,
      calls: count,
      failures: count,
      slow: count,
      refused: count,
      permits: count,
      waiting: count,
    }),
  ),
  transitions: v.array(transitionSchema),
});

export const cooldownSchema = v.strictObject({ active: v.boolean(), remaining_seconds: count });

export const systemStatusSchema = v.strictObject({
  database: v.strictObject({ status: services.database, error: v.nullable(v.string()) }),
  redis: v.strictObject({ status: services.redis, enabled: v.boolean() }),
  state_store: stateStore,
  circuit_breaker: v.strictObject({ ...circuitBreaker.entries, forced: forcedByOperator }),
  runtime_resilience: v.strictObject({
    degraded_reason: degradedReason,
    pool_runtime: poolRuntime,
    pool_state: poolState,
    ...resilience.entries,
    restart_cooldown: cooldownSchema,
  }),
  runtime_contract: contract,
  gates: v.pipe(
    v.record(v.string(), v.nullable(gateSchema)),
    v.description("By name: `main`, and of the others the 99 that were first called."),
  ),
  gates_total: v.pipe(count, v.minValue(1), v.description("All gates of this instance.")),
  instances: v.array(
    v.strictObject({
      id: v.string(),
      runtime: v.string(),
      region: v.optional(v.string()),
      version: v.string(),
      started_at: isoTime,
      last_seen_at: isoTime,
    }),
  ),
  single_port_bind: v.optional(v.literal(true)),
  worker_pid: v.optional(count),
});

export const overriddenSchema = v.strictObject({ gate: v.string(), override_version: count, forced: forcedByOperator });
