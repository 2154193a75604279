/**
 * What goes into the gate's script and comes out of it: arrays without names, without null and without booleans in what
 * comes back, so that every transport carries them alike.
 */
import type { Batch, Command } from "../../../gate/commands.ts";
import type { GateEvent, Wake } from "../../../gate/events.ts";
import type { AdmitReply, GateView, LaneRoom, Reply } from "../../../gate/replies.ts";
import type { Second } from "../../../gate/state.ts";
import type { Step } from "../../../gate/step.ts";
import { untouched } from "../../../gate/turn.ts";
import type { About, BreakerState, Lane } from "../../../gate/types.ts";
import { numberOf } from "../../../gate/validate.ts";
import { LANE_NUMBERS } from "./records.ts";
import { fromText, toText } from "./text.ts";

/** All that changes together; a key in braces keeps it in one slot of a cluster. */
export function gateKeys(key: string): string[] {
  const sets = ["permits", "request", "slow", "gone", "heard", "opened"];
  return [`${key}:gate`, ...sets.map((name) => `${key}:gate:${name}`)];
}

/** Where an instance listens for its wake-ups; the message is the lane. */
export const wakeChannel = (key: string, session: string): string => `${key}:wake:${session}`;

/** The script's first argument. The batch must have been validated. */
export function encodeBatch({ session, opens, doneBelow, jitter, refusedLocally, config, commands }: Batch): string {
  const { enabled, capacity, maxWaiting, windowSeconds, windowCalls, failureThreshold, failureRate, slowRate } = config;
  const { recoveryMs, probes, successesToClose, connectTimeoutMs, fullRetryAfterMs } = config;
  const { wakes, adoptingMs, sessionsKept } = config;
  const lanes = [capacity.request, capacity.slow, capacity.health];
  const window = [windowSeconds, windowCalls, failureThreshold, failureRate, slowRate];
  const recovery = [recoveryMs, probes, successesToClose, connectTimeoutMs, fullRetryAfterMs];
  // In the order of `config` in `records`.
  const rules = [enabled, ...lanes, maxWaiting, ...window, ...recovery, wakes, adoptingMs, sessionsKept];
  const opening = opens && [opens.life ?? false, opens.generation, opens.overrideVersion, encodeAbout(opens.about)];
  const asked = commands.map((command) => encodeCommand(command, session));
  return JSON.stringify([session, opening ?? false, doneBelow, jitter, refusedLocally, rules, asked]);
}

const encodeAbout = ({ runtime, region, version, startedAt }: About) => [
  ...[runtime, region, version].map(toText),
  startedAt,
];

function encodeCommand(command: Command, session: string): unknown[] {
  const { kind } = command;
  switch (kind) {
    case "admit":
      return [kind, numberOf(command.id, session), LANE_NUMBERS[command.lane], command.deadlineMs, command.waitMs];
    case "settle":
      return [kind, numberOf(command.id, session), command.outcome, command.slow];
    case "cancel":
      return [kind, numberOf(command.id, session)];
    case "operate": {
      const { opId, mode, ttlMs, expectedVersion, actor, reason } = command;
      return [kind, toText(opId), mode, ttlMs, expectedVersion ?? false, toText(actor), toText(reason)];
    }
    case "adopt": {
      const { permits, openMs, override } = command;
      const held = permits.map(({ id, lane, remainingMs }) => [numberOf(id, session), LANE_NUMBERS[lane], remainingMs]);
      const { mode, remainingMs, actor, reason } = override ?? {};
      const ruling = override && [mode, remainingMs, toText(actor ?? ""), toText(reason ?? "")];
      return [kind, held, openMs ?? false, ruling ?? false];
    }
    case "view":
      return [kind];
  }
}

/** What the script answers; how each part is laid out stands in its functions of the same names. */
export function decodeStep(answer: unknown): Step {
  const [known, life, ...rest] = answer as [number, number, ...unknown[]];
  if (known === 0) return { reply: { known: false, life }, ...decodeNews(rest[0], rest[1]) };
  const [generation, overrideVersion, ...rooms] = rest as number[];
  const [events, wake, replies] = rest.slice(8);
  const room = (at: number): LaneRoom => ({ free: rooms[at] as number, waiting: rooms[at + 1] as number });
  const lanes = { request: room(0), slow: room(2), health: room(4) };
  const numbers = { life, generation: generation as number, overrideVersion: overrideVersion as number };
  return {
    reply: { known: true, ...numbers, lanes, replies: (replies as unknown[][]).map(decodeReply) },
    ...decodeNews(events, wake),
  };
}

function decodeNews(events: unknown, wake: unknown): Pick<Step, "events" | "wake" | "touched"> {
  return {
    events: (events as unknown[][]).map(decodeEvent),
    wake: (wake as [string, Wake["lane"]][]).map(([session, lane]) => ({ session, lane })),
    touched: untouched(),
  };
}

function decodeReply([kind, ...rest]: unknown[]): Reply {
  switch (kind) {
    case "permit": {
      const [expiresAt, remainingMs, deadlineMs, probe] = rest as number[];
      return { kind, expiresAt, remainingMs, deadlineMs, probe: probe === 1 } as AdmitReply;
    }
    case "place":
      return { kind, ahead: rest[0] as number, nextCheckMs: rest[1] as number };
    case "refused":
      return { kind, reason: rest[0], retryAfterMs: rest[1] } as AdmitReply;
    case "ended":
      return { kind, alive: rest[0] === 1 };
    case "operated":
      return { kind, overrideVersion: rest[0] as number };
    case "unchanged":
      return { kind, reason: rest[0], overrideVersion: rest[1] } as Reply;
    case "adopted":
      return { kind, spent: rest[0] as string[] };
    case "view":
      return decodeView(rest);
    default:
      throw new Error(
        `gate script: its reply must be one of this release, was ${String(kind)}; is another one running?`,
      );
  }
}

type Numbers = readonly number[];

function decodeView([
  at,
  breaker,
  window,
  override,
  overrideVersion,
  lanes,
  seconds,
  transitions,
  n,
  rank,
  instances,
]: unknown[]): GateView {
  const [state, since, openUntil, openMs, probes, successes, failedRecoveries, lastFailureAt] = breaker as [
    BreakerState,
    ...number[],
  ];
  const [calls, failures, slow] = window as Numbers;
  const [mode, until, actor, reason, remainingMs] = override as [string, number, string, string, number] | [];
  const lane = (place: number) => {
    const [free, waiting, capacity, held, fullSince] = (lanes as Numbers[])[place] as Numbers;
    return { free, waiting, capacity, held, fullSince };
  };
  return {
    kind: "view",
    at,
    breaker: { state, since, openUntil, openMs, probes, successes, failedRecoveries, lastFailureAt },
    window: { calls, failures, slow },
    override:
      mode === undefined ? null : { mode, until, actor: fromText(actor), reason: fromText(reason), remainingMs },
    overrideVersion,
    lanes: { request: lane(0), slow: lane(1), health: lane(2) } satisfies Record<Lane, unknown>,
    seconds: (seconds as Numbers[]).map(decodeSecond),
    transitions: (transitions as unknown[][]).map(decodeEvent),
    n,
    rank,
    instances: (instances as [string, number, string, string, string, number][]).map(([session, heard, ...about]) => ({
      session,
      about: decodeAbout(about),
      heard,
    })),
  } as GateView;
}

export function decodeSecond([at, calls, failures, slow, refused, permits, waiting]: Numbers): Second {
  return { at, calls, failures, slow, refused, permits, waiting } as Second;
}

export function decodeAbout([runtime, region, version, startedAt]: readonly [string, string, string, number]): About {
  return { runtime: fromText(runtime), region: fromText(region), version: fromText(version), startedAt };
}

export function decodeEvent([kind, at, ...rest]: unknown[]): GateEvent {
  if (kind === "life") return { kind, at, life: rest[0] } as GateEvent;
  if (kind === "would_open") return { kind, at, cause: rest[0] } as GateEvent;
  if (kind === "override") {
    const [mode, until, actor, reason] = rest as [string, number, string, string];
    return { kind, at, mode, until, actor: fromText(actor), reason: fromText(reason) } as GateEvent;
  }
  const [from, to, cause, generation] = rest;
  return { kind, at, from, to, cause, generation } as GateEvent;
}
