/** What operators read of the whole system, and what they are told when they speak to its breaker. */
import * as v from "valibot";
import { TRANSITION_CAUSES } from "../gate/events.ts";
import { BREAKER_STATES, OPERATE_MODES } from "../gate/types.ts";
import type { Payload } from "./contract.ts";
import { keptStatus } from "./kept.ts";
import {
  breakerState,
  circuitBreaker,
  degradedReason,
  forcedByOperator,
  gatePing,
  poolRuntime,
  poolState,
  resilience,
  runtimeContract,
  services,
  stateStore,
} from "./parts.ts";
import { count, isoTime, someText } from "./values.ts";

/** Of events, in the gate's own words. */
const eventState = v.picklist(BREAKER_STATES);
const cause = v.picklist(TRANSITION_CAUSES);

const laneSchema = v.strictObject({
  capacity: count,
  held: count,
  free: count,
  leased: count,
  waiting: count,
  full_since: v.nullable(isoTime),
});
export type LanePart = Payload<typeof laneSchema>;

const transitionSchema = v.variant("kind", [
  v.strictObject({
    kind: v.literal("transition"),
    at: isoTime,
    from: eventState,
    to: eventState,
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
export type TransitionPart = Payload<typeof transitionSchema>;

const secondSchema = v.strictObject({
  at: isoTime,
  calls: count,
  failures: count,
  slow: count,
  refused: count,
  permits: count,
  waiting: count,
});
export type SecondPart = Payload<typeof secondSchema>;

const gateSchema = v.strictObject({
  ping: v.optional(gatePing),
  circuit_breaker: v.strictObject({
    state: breakerState,
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
  seconds: v.array(secondSchema),
  transitions: v.array(transitionSchema),
});
export type GatePart = Payload<typeof gateSchema>;

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
  runtime_contract: runtimeContract,
  computed_at: v.pipe(
    isoTime,
    v.description("Of the verdict: when it was made. Gates and instances are of this moment."),
  ),
  gates: v.pipe(
    v.record(v.string(), v.nullable(gateSchema)),
    v.description("By name: `main`, and of the others the 99 that were first called."),
  ),
  gates_total: v.pipe(count, v.minValue(1), v.description("All gates of this instance.")),
  kept: v.pipe(keptStatus, v.description("Of the instance that answers.")),
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
  single_port_bind: v.optional(v.pipe(someText, v.description("`HOST:PORT`, of however many workers."))),
  worker_pid: v.optional(count),
});
export type SystemStatus = Payload<typeof systemStatusSchema>;

export const overriddenSchema = v.strictObject({ gate: v.string(), override_version: count, forced: forcedByOperator });
export type Overridden = Payload<typeof overriddenSchema>;
