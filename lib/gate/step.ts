/**
 * The gate machine: pure, no I/O, no clock, no chance. `step(state, renewal, now)` is all of it; its rules are numbered
 * in `docs/gate.md`.
 *
 * Map of this folder: `types`, `renewal`, `events` and `state` are the words, `ranking` an order and `snapshot` the
 * state as JSON; `step` applies a renewal, with `validate` before it and `life` and `time` first; `sessions` knows the
 * instances, `lanes` what there is, `leases` what each holds and `allocation` who gets more; `breaker`, `backoff`, `pings`
 * and `window` decide whether calls may run at all, `operator` overrules them; `totals` counts and `view` shows it all;
 * `keep` says how long it is remembered. A `turn` is one renewal being applied.
 */
import { raiseGeneration, vote } from "./breaker.ts";
import type { GateEvent } from "./events.ts";
import { keep } from "./keep.ts";
import { renew, replyTo } from "./leases.ts";
import { adoptOpen, adoptOverride, beginLife } from "./life.ts";
import { operate } from "./operator.ts";
import { CALLS_AWAY_MS, ping } from "./pings.ts";
import type { CommandReply, Opening, Push, Renewal, RenewalReply } from "./renewal.ts";
import { openSession, withdraw } from "./sessions.ts";
import type { GateState, Session } from "./state.ts";
import { passTime } from "./time.ts";
import { addSums } from "./totals.ts";
import { type Touched, type Turn, untouched } from "./turn.ts";
import { QUEUED_LANES } from "./types.ts";
import { validate } from "./validate.ts";
import { view } from "./view.ts";
import { countPeaks, countRefused } from "./window.ts";

/** Votes and decisions of a renewal that was first sent longer ago are of another time. Rule 2. */
export const OLDEST_VOTES_MS = 10_000;

export interface Step {
  readonly reply: RenewalReply;
  /** What happened, for the log: to be written after the state is committed. */
  readonly events: readonly GateEvent[];
  /** Who is to be called. */
  readonly push: readonly Push[];
  /** What a home has to store. */
  readonly touched: Touched;
  /** Until when it has to be remembered, on the store's clock; 0 where the home has seen to that already. */
  readonly keptUntil: number;
}

/**
 * Applies a renewal atomically. Owns `gate` and changes it in place. One that was heard before is answered and changes
 * nothing.
 *
 * @param now The store's clock in milliseconds since 1970. Going back is ignored; by more than 10 s it is a new life.
 * @throws InvalidRenewal before anything has changed.
 * @example
 * ```ts
 * const gate = emptyGate();
 * const { reply, events } = step(gate, renewal, Date.now());
 * ```
 */
export function step(gate: GateState, renewal: Renewal, now: number): Step {
  validate(renewal, now);
  const [events, push, touched]: [GateEvent[], Push[], Touched] = [[], [], untouched()];
  const core = beginLife(gate, now, events, touched);
  core.clock = Math.max(core.clock, now);
  const { config, jitter } = renewal;
  const turn: Turn = { gate, core, config, jitter, now: core.clock, events, push, touched };
  passTime(turn);
  const reply = answer(turn, renewal);
  keep(turn, gate.sessions.get(renewal.session));
  return { reply, events, push, touched, keptUntil: core.keptUntil };
}

function answer(turn: Turn, renewal: Renewal): RenewalReply {
  const { gate, core } = turn;
  const { session: id, n, life, opens } = renewal;
  const known = gate.sessions.get(id);
  // What another life has granted is worth nothing, also where a late copy of its sender's first word was heard in this one.
  if ((life !== null && life !== core.life) || (!known && !opens)) return { known: false, n, life: core.life };
  const session = known ?? openSession(turn, n, opens as Opening);
  const isNews = n > session.n;
  if (isNews && known) withdraw(turn, id, session);
  if (isNews) hear(turn, renewal, session);
  // What its sender has long given up is not done any more.
  const isDone = !isNews || renewal.agoMs > OLDEST_VOTES_MS;
  const operated = renewal.commands.map((command) => (command.kind === "view" ? null : operate(turn, command, isDone)));
  const allowed = isNews ? renew(turn, renewal, session) : null;
  countPeaks(turn);
  const replies = operated.map((reply): CommandReply => reply ?? view(turn, session));
  return replyTo(turn, n, session, allowed, replies);
}

/** What became of calls, and what the sender knows. */
function hear(turn: Turn, renewal: Renewal, session: Session): void {
  const { core, gate, now } = turn;
  const { opens, lanes } = renewal;
  const heardBefore = session.heard;
  if (opens) {
    // Above every generation of who opens: what was granted elsewhere has no vote here.
    if (opens.generation > core.generation) raiseGeneration(gate, core, opens.generation + 1);
    if (renewal.life !== null) adoptOverride(turn, opens);
  }
  session.n = renewal.n;
  session.roundTripMs = renewal.roundTripMs;
  const refused = addSums(turn, renewal);
  countRefused(turn, refused);
  // Nobody knows when an instance refused them that was silent for longer.
  const refusedLately = refused > 0 && now - heardBefore < CALLS_AWAY_MS;
  if (refusedLately || lanes.request.need + lanes.slow.need > 0) core.lastCallAt = now;
  if (renewal.agoMs > OLDEST_VOTES_MS) return;
  countProbe(turn, renewal, session);
  for (const one of renewal.votes) if (holds(session, one.probe ? "probes" : "permits")) vote(turn, one);
  for (const { ok } of renewal.pings) ping(turn, ok);
  if (renewal.open) adoptOpen(turn, renewal.open);
}

/** What ran on a lease that is over has no vote. Rule 12. */
const holds = ({ lanes }: Session, what: "permits" | "probes"): boolean =>
  QUEUED_LANES.some((lane) => lanes[lane][what] > 0);

/** How long a probe takes, from its permit to its end. */
function countProbe({ core, now }: Turn, { lanes }: Renewal, session: Session): void {
  for (const lane of QUEUED_LANES) {
    const { probes, got } = session.lanes[lane];
    if (probes <= lanes[lane].probes) continue;
    core.probeMs = core.probeMs === 0 ? now - got : Math.floor((7 * core.probeMs + now - got) / 8);
  }
}
