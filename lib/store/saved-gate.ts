/** The shape of a gate as a home has kept it: everything that a step takes apart. */

import type { GateEvent } from "../gate/events.ts";
import { type GateSnapshot, restore } from "../gate/snapshot.ts";
import { type Core, type GateState, type Lease, noTotals, SCHEMA, type Second, type Session } from "../gate/state.ts";
import { BREAKER_STATES, LANES, type Lane, OPERATE_MODES, OVERRIDE_MODES } from "../gate/types.ts";
import { flag, listOf, moment, natural, object, oneOf, orNull, type Shape, shape, text } from "../shape.ts";

const perLane = <Value>(of: Shape<Value>): Shape<Record<Lane, Value>> =>
  object(Object.fromEntries(LANES.map((lane) => [lane, of]))) as Shape<Record<Lane, Value>>;
const numbers = <Name extends string>(...names: readonly Name[]): Shape<Record<Name, number>> =>
  object(Object.fromEntries(names.map((name) => [name, natural]))) as Shape<Record<Name, number>>;
const both = <One, Other>(one: Shape<One>, other: Shape<Other>): Shape<One & Other> =>
  shape((found) => one(found) && other(found));

const votes = numbers("calls", "failures", "slow");
const override = object({ mode: oneOf(OVERRIDE_MODES), until: natural, actor: text, reason: text });

const core = both(
  numbers(
    ...(["life", "clock", "generation", "overrideVersion", "since", "openUntil", "retryAt", "recoveredAt"] as const),
    ...(["failedRecoveries", "failedProbes", "successes", "probeMs", "goodPings", "goodPingAt"] as const),
    ...(["pingsEndedAt", "lastCallAt", "lastSuccessAt", "lastFailureAt", "runFailures", "runSince"] as const),
    ...(["observedUntil", "adoptedVersion", "probes", "active", "openings", "keptUntil"] as const),
  ),
  object({
    schema: oneOf([SCHEMA]),
    state: oneOf(BREAKER_STATES),
    slowOpened: flag,
    pingsTrusted: flag,
    operated: flag,
    window: both(votes, object({ start: natural, from: natural, base: votes })),
    override: orNull(override),
    opIds: listOf(text),
    permits: perLane(natural),
    owed: perLane(natural),
    running: perLane(natural),
    waiting: perLane(natural),
    fullSince: perLane(natural),
  }),
) as Shape<Core>;

const lease: Shape<Lease> = numbers(
  ...(["permits", "probes", "owed", "need", "waiting", "hungrySince", "got", "woken", "until", "probesUntil"] as const),
);
const session = object({
  opened: natural,
  about: object({ runtime: text, region: text, version: text, startedAt: natural }),
  n: natural,
  heard: natural,
  presentUntil: natural,
  active: flag,
  due: moment,
  generation: natural,
  roundTripMs: natural,
  leaseMs: natural,
  lanes: perLane(lease),
}) as Shape<Session>;
const named = shape<readonly [string, Session]>((found) => Array.isArray(found) && text(found[0]) && session(found[1]));

export const second: Shape<Second> = numbers("at", "calls", "failures", "slow", "refused", "running", "waiting");

const state = oneOf(BREAKER_STATES);
const EVENTS: Readonly<Record<GateEvent["kind"], Shape<object>>> = {
  transition: object({ at: natural, from: state, to: state, cause: text, generation: natural }),
  override: object({ at: natural, mode: oneOf(OPERATE_MODES), until: natural, actor: text, reason: text }),
  would_open: object({ at: natural, cause: text }),
  life: object({ at: natural, life: natural }),
};
export const event = shape<GateEvent>((found) => {
  const { kind } = (found ?? {}) as { readonly kind?: unknown };
  return text(kind) && Object.hasOwn(EVENTS, kind) && EVENTS[kind as GateEvent["kind"]](found);
});

/** Sums, named as those of a gate that has none; what an older release did not count is not there. */
const like = (form: object): Shape<object> =>
  object(
    Object.fromEntries(
      Object.entries(form).map(([name, part]) => [
        name,
        orAbsent<unknown>(typeof part === "number" ? natural : like(part as object)),
      ]),
    ),
  );
const orAbsent = <Value>(of: Shape<Value>): Shape<Value | undefined> =>
  shape((found) => found === undefined || of(found));

const saved = object({
  core: orNull(core),
  seconds: listOf(second),
  sessions: listOf(named),
  transitions: listOf(event),
  totals: like(noTotals()),
}) as Shape<GateSnapshot>;

/**
 * The gate that was kept. Null where that is damaged: it begins another life then, as where all was lost, and its
 * instances bring what they hold and know.
 *
 * @throws Error where a newer release has written it: nobody overwrites what he cannot read.
 */
export function savedGate(found: unknown): GateState | null {
  const { core: kept } = (found ?? {}) as { readonly core?: { readonly schema?: unknown } | null };
  const isNewer = natural(kept?.schema) && kept.schema > SCHEMA;
  return isNewer || saved(found) ? restore(found as GateSnapshot) : null;
}
