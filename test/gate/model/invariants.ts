/** What must hold of a gate after every step, whatever happened. */
import type { Batch } from "../../../lib/gate/commands.ts";
import { type GateState, RING_SECONDS, snapshot } from "../../../lib/gate/state.ts";
import { LANES, QUEUED_LANES } from "../../../lib/gate/types.ts";
import { nextDue } from "../../support/gate-due.ts";
import { numberIn } from "./instance.ts";
import type { Reference } from "./reference.ts";

export class InvariantBroken extends Error {}

export function must(holds: boolean, what: string, found?: unknown): void {
  if (!holds) throw new InvariantBroken(found === undefined ? what : `${what}: ${JSON.stringify(found)}`);
}

/** Counts that are kept equal what they count; orders are kept; nothing is due that is not expected. */
export function consistent(gate: GateState): void {
  const { core, permits, tickets, sessions, lines } = gate;
  if (!core) return;
  const living = [...permits];
  for (const lane of LANES) {
    must(core.held[lane] === living.filter(([, permit]) => permit.lane === lane).length, `held in ${lane}`, core.held);
  }
  const probes = living.filter(([, { probe }]) => probe).map(([id]) => id);
  must(core.probes.toSorted().join() === probes.sort().join(), "probes are the living ones", core.probes);
  for (const [id, session] of sessions) {
    must(session.permits === living.filter(([, permit]) => permit.session === id).length, `permits of ${id}`, session);
  }
  must(
    [...permits.values()].every(({ session }) => sessions.has(session)),
    "a permit's session is kept",
  );
  must(
    [...permits.values()].every(({ expiresAt }) => expiresAt > core.clock || expiresAt === core.clock),
    "expired",
  );
  for (const lane of QUEUED_LANES) {
    const waiting = [...tickets].filter(([, ticket]) => ticket.lane === lane);
    must(lines[lane].join() === waiting.map(([id]) => id).join(), `the line of ${lane} is its tickets`, lines);
    must(inOrder(waiting.map(([, { arrival }]) => arrival)), `${lane} stands in order of arrival`);
  }
  must(
    [...tickets.keys()].every((id) => !permits.has(id)),
    "one id is a permit or a ticket",
  );
  must(inOrder([...sessions.values()].map(({ heard }) => heard)), "sessions stand in the order they were heard");
  must(core.openUntil > 0 === (core.state === "open"), "an open breaker has an end, no other has", core.openUntil);
  must(gate.due <= nextDue(gate), "nothing is due before it is expected", [gate.due, nextDue(gate)]);
}

const inOrder = (numbers: readonly number[]) => numbers.every((n, at) => at === 0 || n >= (numbers[at - 1] ?? 0));

/** The sums of the ring are a recount of every vote and refusal. */
export function recounted(gate: GateState, reference: Reference): void {
  const now = Math.floor((gate.core?.clock ?? 0) / 1_000);
  const per = (ats: readonly number[], second: number) => ats.filter((at) => Math.floor(at / 1_000) === second).length;
  const { votes } = reference.breaker;
  for (const { at, calls, failures, slow, refused } of gate.seconds.values()) {
    if (at <= now - RING_SECONDS) continue;
    const ats = (which: typeof votes) => which.map((vote) => vote.at);
    must(calls === per(ats(votes), at), "calls of a second", at);
    must(failures === per(ats(votes.filter(({ failed }) => failed)), at), "failures of a second", at);
    must(slow === per(ats(votes.filter((vote) => vote.slow)), at), "slow calls of a second", at);
    must(refused === per(reference.refusals, at), "refusals of a second", at);
  }
}

/** Only integers below 10^14, and nothing that JSON loses. */
export function portable(gate: GateState): void {
  const saved = snapshot(gate);
  const look = (part: unknown, path: string): void => {
    if (typeof part === "number")
      must(Number.isInteger(part) && part >= 0 && part < 1e14, `${path} is an integer`, part);
    else if (Array.isArray(part)) for (const entry of part) look(entry, `${path}[]`);
    else if (part && typeof part === "object") for (const [key, of] of Object.entries(part)) look(of, `${path}.${key}`);
    else must(part === null || ["string", "boolean"].includes(typeof part), `${path} is plain`, typeof part);
  };
  look(saved, "gate");
  const { lines: _, due: __, ...kept } = gate;
  must(Object.keys(saved).join() === Object.keys(kept).join(), "a snapshot has every part");
}

/** What only grows, and who was granted what: watched from outside, step by step. */
export class Watch {
  #numbers = { life: -1, generation: -1, overrideVersion: -1 };
  #marks = new Map<string, number>();

  /** Before and after one batch. */
  around(gate: GateState, { session, doneBelow, config, opens }: Batch, run: () => boolean): void {
    const before = new Map(gate.permits);
    const entry = gate.sessions.get(session);
    const queued = new Set(gate.tickets.keys());
    const known = run();
    const { core } = gate;
    if (!core) return;
    for (const number of ["life", "generation", "overrideVersion"] as const) {
      must(core[number] >= this.#numbers[number], `${number} only grows`, core[number]);
    }
    const { life, generation, overrideVersion } = core;
    this.#numbers = { life, generation, overrideVersion };
    // A life that is over, or ten silent minutes, take along what was heard.
    const mark = entry === gate.sessions.get(session) ? (this.#marks.get(session) ?? 0) : 0;
    const minted = [...gate.permits].filter(([id, permit]) => before.get(id) !== permit);
    for (const [id, permit] of minted) {
      if (permit.adopted) {
        must(opens?.life === core.life, "only who opens naming this life brings permits along", id);
        continue;
      }
      must(permit.session === session, "a permit goes to who asked for it", id);
      must(queued.has(id) || numberIn(id) >= Math.max(mark, doneBelow), "what is done is granted no more", id);
      must(core.held[permit.lane] <= config.capacity[permit.lane], "never above capacity", core.held);
      must(!permit.probe || core.probes.length <= config.probes, "so many probes in flight at most", core.probes);
    }
    if (known) this.#marks.set(session, Math.max(mark, doneBelow));
  }
}
