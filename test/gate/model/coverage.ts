/** Counts what happened, so that a history in which nothing happens cannot pass. */

import { ADOPTING_MS } from "../../../lib/gate/allocation.ts";
import { capacityInForce } from "../../../lib/gate/lanes.ts";
import type { Renewal } from "../../../lib/gate/renewal.ts";
import { HUNGER_MS } from "../../../lib/gate/sessions.ts";
import type { Core, GateState, Lease, Session } from "../../../lib/gate/state.ts";
import type { Step } from "../../../lib/gate/step.ts";
import type { Turn } from "../../../lib/gate/turn.ts";
import { LANES, QUEUED_LANES } from "../../../lib/gate/types.ts";
import { adopts, isNews, type Seen } from "./invariants.ts";

/** Every branch of the machine that a history can be seen to have taken. */
export const EVERYTHING = [
  ...["unknown", "opened", "repeated", "out of date", "left", "left with something", "came back"],
  ...["granted", "hungry", "wake", "wake again", "reclaim", "reclaim: nothing spare", "changed", "owed"],
  ...["gives two", "gives one", "had its turn", "claims of others", "kept back for others", "deaf", "hunger over"],
  ...["lease over", "probe over", "presence over", "forgotten", "forgotten for room", "large fleet", "full since"],
  ...["adopted", "adopted above capacity", "share of a young life", "ramp", "probe granted", "probe ended"],
  ...["failure_rate", "slow_rate", "failure_run", "probe_failed", "open_period_over", "probes_succeeded"],
  ...["pings_succeeded", "closed by pings", "pings belied", "slow opened", "would_open", "life", "life by clock"],
  ...["override", "override_ended", "adopted"].map((cause) => `transition: ${cause}`),
  ...["override", "clock back", "votes too late", "votes of another generation", "generation brought"],
  ...[
    "asked to wait",
    "left alone for longer",
    "reset",
    "reset while closed",
    "observes",
    "kept away from an observer",
  ],
  ...["operated", "unchanged: stale", "unchanged: repeated", "view", "health granted", "window moved"],
];

export class Coverage {
  steps = 0;
  readonly #counts = new Map<string, number>();

  count(renewal: Renewal, now: number, before: Seen, gate: GateState, { reply, push, events }: Step): void {
    this.steps++;
    const core = gate.core as Core;
    for (const { message, session } of push) {
      this.#add(message);
      if (message === "reclaim") this.#reclaimed(gate, session as string);
    }
    for (const event of events) {
      if (event.kind !== "transition") this.#add(event.kind);
      else
        this.#add(
          ["override", "override_ended", "adopted"].includes(event.cause) ? `transition: ${event.cause}` : event.cause,
        );
      if (event.kind === "transition" && event.cause === "probes_succeeded" && renewal.votes.length === 0) {
        this.#add("closed by pings");
      }
      if (event.kind === "override" && event.mode === "reset") this.#reset(events);
      if (event.kind === "life" && before.core) this.#add("life by clock");
    }
    if (before.core && !core.pingsTrusted && before.core.pingsTrusted) this.#add("pings belied");
    if (now < core.clock) this.#add("clock back");
    if (core.slowOpened) this.#add("slow opened");
    if (core.retryAt > core.clock && core.retryAt !== before.core?.retryAt) this.#add("asked to wait");
    if (core.retryAt > core.clock && core.openUntil === core.retryAt) this.#add("left alone for longer");
    if (before.core && before.core.window.from !== core.window.from) this.#add("window moved");
    if (core.life === before.core?.life) this.#time(renewal, before, gate, core);
    if (!reply.known) {
      this.#add("unknown");
      return;
    }
    for (const one of reply.replies) this.#add(one.kind === "unchanged" ? `unchanged: ${one.reason}` : one.kind);
    if (reply.renewWithinMs > 250) this.#add("large fleet");
    this.#sender(renewal, before, gate, core, reply);
  }

  /** What time and others did to those that did not speak. */
  #time(renewal: Renewal, before: Seen, gate: GateState, core: Core): void {
    for (const [id, was] of before.sessions) {
      const session = gate.sessions.get(id);
      if (!session || session.opened !== was.opened) {
        if (id !== renewal.session) this.#add(was.heard + 60_000 <= core.clock ? "forgotten" : "forgotten for room");
        continue;
      }
      if (id === renewal.session) continue;
      if (was.presentUntil > 0 && session.presentUntil === 0) this.#add("presence over");
      for (const lane of LANES) this.#lease(was, was.lanes[lane], session.lanes[lane], core);
    }
  }

  #lease(was: Session, then: Lease, now: Lease, core: Core): void {
    if (then.permits > 0 && now.permits === 0) this.#add("lease over");
    if (then.probes > 0 && now.probes === 0) this.#add("probe over");
    if (then.woken > 0 && now.woken === then.woken && now.hungrySince > 0) this.#add("wake again");
    if (then.hungrySince === 0 || now.hungrySince > 0) return;
    this.#add(was.heard + HUNGER_MS > core.clock ? "deaf" : "hunger over");
  }

  #sender(renewal: Renewal, before: Seen, gate: GateState, core: Core, reply: Step["reply"] & { known: true }): void {
    const { session: id, n, votes, opens, config } = renewal;
    const was = core.life === before.core?.life ? before.sessions.get(id) : undefined;
    if (was && n === was.n) this.#add("repeated");
    if (was && n < was.n) this.#add("out of date");
    if (!isNews(renewal, before, reply)) return;
    const session = gate.sessions.get(id);
    if (!was) this.#add("opened");
    if (was?.presentUntil === 0 && session) this.#add("came back");
    if (config.mode === "observe") {
      if (reply.breaker.refusal === "forced") this.#add("kept away from an observer");
      else if (core.state !== "closed") this.#add("observes");
    }
    if (renewal.leaves) this.#add(session ? "left with something" : "left");
    if (renewal.agoMs > 10_000 && votes.length > 0) this.#add("votes too late");
    if (votes.some(({ generation }) => generation < core.generation)) this.#add("votes of another generation");
    if (!was && before.core && opens && opens.generation >= before.core.generation) this.#add("generation brought");
    if (adopts(renewal) && LANES.some((lane) => renewal.lanes[lane].keep > 0)) {
      this.#add("adopted");
      if (LANES.some((lane) => core.permits[lane] > config.capacity[lane])) this.#add("adopted above capacity");
    }
    for (const lane of LANES) {
      if (core.fullSince[lane] > 0) this.#add("full since");
      if (session) this.#lane(renewal, was, session, gate, core, lane, reply.lanes[lane]);
    }
  }

  #lane(
    { lanes, config }: Renewal,
    was: Session | undefined,
    session: Session,
    gate: GateState,
    core: Core,
    lane: (typeof LANES)[number],
    { allow }: { allow: number },
  ): void {
    const [then, now] = [was?.lanes[lane], session.lanes[lane]];
    const { keep, probes, owed } = lanes[lane];
    if (owed > 0) this.#add("owed");
    if (then && probes < then.probes) this.#add("probe ended");
    if (now.probes > Math.min(probes, then?.probes ?? 0)) this.#add("probe granted");
    const granted = now.permits > Math.min(keep, then?.permits ?? 0) + Math.min(probes, then?.probes ?? 0);
    if (granted) this.#add(lane === "health" ? "health granted" : "granted");
    if (!QUEUED_LANES.some((name) => name === lane)) return;
    const capacity = capacityInForce({ core, config, now: core.clock } as Turn, lane);
    const room = capacity - core.permits[lane] - core.owed[lane];
    if (granted && capacity < config.capacity[lane]) this.#add("ramp");
    this.#gives(now, allow, core);
    if (now.hungrySince === 0) return;
    this.#add("hungry");
    if (room <= 0) return;
    const others = gate.hungry[lane as "request"].size > 1;
    if (core.clock < core.life + ADOPTING_MS && !others) this.#add("share of a young life");
    if (others) this.#add(granted ? "claims of others" : "kept back for others");
  }

  #reset(events: Step["events"]): void {
    this.#add(events.some(({ kind }) => kind === "transition") ? "reset" : "reset while closed");
  }

  #gives(now: Lease, allow: number, core: Core): void {
    if (core.state !== "closed" || allow >= now.permits) return;
    this.#add(now.permits - allow > 1 ? "gives two" : "gives one");
    if (now.hungrySince === core.clock && now.got === core.clock) this.#add("had its turn");
  }

  #reclaimed(gate: GateState, id: string): void {
    const lanes = gate.sessions.get(id)?.lanes;
    if (lanes && QUEUED_LANES.every((lane) => lanes[lane].permits <= lanes[lane].need))
      this.#add("reclaim: nothing spare");
  }

  #add(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  /** What occurred less often than that, with how often it did; but for what cannot occur there. */
  rarerThan(least: number, but: readonly string[] = []): string[] {
    const rare = EVERYTHING.filter((what) => (this.#counts.get(what) ?? 0) < least && !but.includes(what));
    return rare.map((what) => `${what}: ${this.#counts.get(what) ?? 0}`);
  }

  toString(): string {
    return EVERYTHING.map((what) => `${what} ${this.#counts.get(what) ?? 0}`).join(", ");
  }
}
