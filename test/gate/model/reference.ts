/** The whole gate told plainly: lists that are searched and counted from end to end. It predicts every reply. */
import type { Admit, Batch, Command } from "../../../lib/gate/commands.ts";
import type { GateEvent, Wake } from "../../../lib/gate/events.ts";
import type { AdmitReply, BatchReply, Reply } from "../../../lib/gate/replies.ts";
import { LANES, type Lane, type Outcome } from "../../../lib/gate/types.ts";
import { type Moment, ReferenceBreaker } from "./reference-breaker.ts";
import type { Permit, Session, Ticket } from "./reference-entries.ts";
import { briefView } from "./reference-view.ts";

export interface Prediction {
  readonly reply: BatchReply;
  readonly wake: readonly Wake[];
  readonly events: readonly GateEvent[];
}
const number = (id: string) => Number(id.split(".")[1]);
const NOTHING = { kind: "adopt", permits: [], openMs: null, override: null } as const;

export class Reference {
  life = -1;
  clock = 0;
  adoptingUntil = 0;
  breaker = new ReferenceBreaker(0, 0, 0);
  permits: Permit[] = [];
  tickets: Ticket[] = [];
  /** In order of opening. */
  sessions: Session[] = [];
  heldMs = { request: 0, slow: 0, health: 0 };
  fullSince = { request: 0, slow: 0, health: 0 };
  refusals: number[] = [];

  held(lane: Lane): number {
    return this.permits.filter((permit) => permit.lane === lane).length;
  }
  line(lane: Lane): Ticket[] {
    return this.tickets.filter((ticket) => ticket.lane === lane);
  }
  probes(): Permit[] {
    return this.permits.filter(({ probe }) => probe);
  }

  capacity({ config, now }: Moment, lane: Lane): number {
    const { state, recoveredAt } = this.breaker;
    const ramping = config.enabled && lane !== "health" && state === "closed" && recoveredAt !== null;
    if (!ramping) return config.capacity[lane];
    return Math.min(config.capacity[lane], config.probes * 2 ** Math.floor((now - recoveredAt) / 250));
  }
  free(moment: Moment, lane: Lane): number {
    return Math.max(0, this.capacity(moment, lane) - this.held(lane));
  }

  apply(batch: Batch, now: number): Prediction {
    if (this.life === -1 || now < this.clock - 10_000) this.#begin(now, batch.config.adoptingMs);
    this.clock = Math.max(this.clock, now);
    const moment = { now: this.clock, config: batch.config, jitter: batch.jitter };
    this.#passTime(moment.now);
    const session = this.#hear(batch, moment);
    const replies: Reply[] = [];
    if (session) {
      for (let n = 0; n < batch.refusedLocally; n++) this.refusals.push(moment.now);
      for (const command of batch.commands) replies.push(this.#command(moment, batch, session, command));
    }
    const { generation, overrideVersion, events } = this.breaker;
    this.breaker.events = [];
    const lanes = Object.fromEntries(
      LANES.map((lane) => [lane, { free: this.free(moment, lane), waiting: this.line(lane).length }]),
    ) as (BatchReply & { known: true })["lanes"];
    const wake = (["request", "slow"] as const).flatMap((lane) => {
      const [first] = this.line(lane);
      return first && this.free(moment, lane) > 0 ? [{ session: first.session, lane }] : [];
    });
    const known = { known: true as const, life: this.life, generation, overrideVersion, lanes, replies };
    return { reply: session ? known : { known: false, life: this.life }, wake, events };
  }

  #begin(now: number, adoptingMs: number): void {
    const { generation, overrideVersion } = this.breaker;
    const first = this.life === -1;
    this.life = first ? now : Math.max(now, this.life + 1);
    this.clock = now;
    this.adoptingUntil = now + adoptingMs;
    const grown = (old: number) => (first ? now : Math.max(now, old + 1));
    this.breaker = new ReferenceBreaker(now, grown(generation), grown(overrideVersion));
    this.breaker.onLeavingClosed = () => {
      this.tickets = [];
    };
    this.breaker.events.push({ kind: "life", at: now, life: this.life });
    [this.permits, this.tickets, this.sessions, this.refusals] = [[], [], [], []];
    this.heldMs = { request: 0, slow: 0, health: 0 };
    this.fullSince = { request: 0, slow: 0, health: 0 };
  }

  #passTime(now: number): void {
    this.breaker.overrideEnds(now);
    for (const { lane, expiresAt } of this.permits) {
      if (expiresAt <= now && this.line(lane).length === 0) this.fullSince[lane] = 0;
    }
    this.permits = this.permits.filter(({ expiresAt }) => expiresAt > now);
    this.breaker.openPeriodEnds(now);
    this.tickets = this.tickets.filter(({ goneAt }) => goneAt > now);
    const holds = (id: string) => this.permits.some(({ session }) => session === id);
    this.sessions = this.sessions.filter(({ id, heard }) => heard + 610_000 > now || holds(id));
  }

  /** The session of a batch; null where it is unknown. */
  #hear(batch: Batch, moment: Moment): (Session & { minting: boolean }) | null {
    const { opens } = batch;
    const namesLife = opens !== null && opens.life === this.life;
    let session = this.sessions.find(({ id }) => id === batch.session);
    let opening = namesLife && session !== undefined && !session.named;
    if (!session) {
      if (!opens || (opens.life !== null && !namesLife)) return null;
      session = { id: batch.session, doneBelow: 0, heard: 0, named: false };
      this.sessions.push(session);
      opening = true;
    }
    if (opening && opens) {
      session.named = namesLife;
      this.breaker.generation = Math.max(this.breaker.generation, opens.generation);
      this.breaker.overrideVersion = Math.max(this.breaker.overrideVersion, opens.overrideVersion);
    }
    session.doneBelow = Math.max(session.doneBelow, batch.doneBelow);
    session.heard = Math.floor(moment.now / 10_000) * 10_000;
    const minting = opening && namesLife;
    const brings = batch.commands.some(({ kind }) => kind === "adopt");
    if (minting && opens && !brings && moment.now < this.adoptingUntil) this.breaker.adopt(moment, opens, NOTHING);
    return Object.assign(session, { minting });
  }

  #command(moment: Moment, batch: Batch, session: Session & { minting: boolean }, command: Command): Reply {
    if (command.kind === "operate") {
      const reason = this.breaker.operate(moment, command);
      const { overrideVersion } = this.breaker;
      return reason ? { kind: "unchanged", reason, overrideVersion } : { kind: "operated", overrideVersion };
    }
    if (command.kind === "view") return briefView(this, moment, session.id) as Reply;
    if (command.kind === "admit") {
      const reply = this.#admit(moment, session, command);
      if (reply.kind !== "refused") return reply;
      this.tickets = this.tickets.filter(({ id }) => id !== command.id);
      if (reply.reason !== "spent") this.refusals.push(moment.now);
      if (number(command.id) === session.doneBelow) session.doneBelow++;
      return reply;
    }
    if (command.kind !== "adopt") {
      const alive = this.#end(moment, command.id, command.kind === "settle" ? command : null);
      if (alive && number(command.id) === session.doneBelow) session.doneBelow++;
      return { kind: "ended", alive };
    }
    const spent: string[] = [];
    for (const { id, lane, remainingMs } of command.permits) {
      if (this.permits.some((permit) => permit.id === id)) continue;
      if (!session.minting || remainingMs === 0) {
        spent.push(id);
        continue;
      }
      this.tickets = this.tickets.filter((ticket) => ticket.id !== id);
      const times = { grantedAt: moment.now, expiresAt: moment.now + remainingMs, deadlineMs: 0 };
      const { generation } = this.breaker;
      this.#mint(moment, { id, session: session.id, lane, generation, probe: false, adopted: true, ...times });
    }
    if (session.minting && batch.opens && moment.now < this.adoptingUntil) {
      this.breaker.adopt(moment, batch.opens, command);
    }
    return { kind: "adopted", spent };
  }

  #admit(moment: Moment, session: Session, command: Admit): AdmitReply {
    const { now, config } = moment;
    const { id } = command;
    const alive = this.permits.find((permit) => permit.id === id);
    if (alive) return this.#permit(moment, alive);
    const no = (reason: (AdmitReply & { kind: "refused" })["reason"], retryAfterMs: number): AdmitReply => ({
      kind: "refused",
      reason,
      retryAfterMs,
    });
    const ticket = this.tickets.find((candidate) => candidate.id === id);
    const { lane, deadlineMs } = ticket ?? command;
    const { state, override, openUntil } = this.breaker;
    const asked = config.enabled && lane !== "health";
    if (now < this.adoptingUntil) return no("adopting", this.adoptingUntil - now);
    if (asked && override?.mode === "force_open") return no("forced", override.until - now);
    if (asked && state === "open") return no("open", openUntil - now);
    if (!ticket && number(id) < session.doneBelow) return no("spent", 0);
    const probe = asked && state === "half_open";
    const probes = this.probes().map(({ expiresAt }) => expiresAt - now);
    if (probe && probes.length >= config.probes) return no("probing", Math.min(...probes));

    const line = lane === "health" || probe ? [] : this.line(lane);
    const ahead = ticket && line.includes(ticket) ? line.indexOf(ticket) : line.length;
    const free = this.free(moment, lane);
    if (free >= ahead + 1) {
      this.tickets = this.tickets.filter((other) => other !== ticket);
      const longest = 10_000 * 2 ** Math.min(15, this.breaker.unsuccessfulProbes);
      const mayRunMs = probe ? Math.min(longest, deadlineMs) : deadlineMs;
      const expiresAt = now + config.connectTimeoutMs + mayRunMs + 2_000;
      const { generation } = this.breaker;
      const owner = { id, session: session.id, lane, generation, probe, adopted: false };
      const permit = { ...owner, grantedAt: now, expiresAt, deadlineMs: mayRunMs };
      this.#mint(moment, permit);
      return this.#permit(moment, permit);
    }
    const mayWait = lane !== "health" && !probe && command.waitMs > 0;
    if (!mayWait || (!ticket && line.length >= config.maxWaiting)) return no("full", config.fullRetryAfterMs);
    const [least, most] = config.wakes ? [1_000, 5_000] : [10, 1_000];
    const capacity = this.capacity(moment, lane);
    const expected = capacity === 0 ? most : Math.floor((ahead * this.heldMs[lane]) / capacity);
    const nextCheckMs = Math.min(command.waitMs, Math.min(most, Math.max(least, expected)));
    const place = ticket ?? { id, session: session.id, lane, deadlineMs, goneAt: 0 };
    place.goneAt = now + nextCheckMs + 1_000;
    if (!ticket) this.tickets.push(place);
    return { kind: "place", ahead, nextCheckMs };
  }

  #mint(moment: Moment, permit: Permit): void {
    const { lane } = permit;
    this.permits.push(permit);
    if (this.fullSince[lane] === 0 && this.free(moment, lane) === 0) this.fullSince[lane] = moment.now;
  }

  #permit({ now }: Moment, { expiresAt, deadlineMs, probe }: Permit): AdmitReply {
    return { kind: "permit", expiresAt, remainingMs: expiresAt - now, deadlineMs, probe };
  }

  #end(moment: Moment, id: string, settle: { outcome: Outcome; slow: boolean } | null): boolean {
    const permit = this.permits.find((candidate) => candidate.id === id);
    if (permit) {
      this.permits = this.permits.filter((other) => other !== permit);
      this.fullSince[permit.lane] = 0;
      const heldMs = Math.min(60_000, moment.now - permit.grantedAt);
      if (settle && !permit.adopted) {
        this.heldMs[permit.lane] = Math.floor((7 * this.heldMs[permit.lane] + heldMs) / 8);
      }
      this.breaker.settled(moment, permit, settle?.outcome ?? "ignored", settle?.slow ?? false);
      return true;
    }
    const before = this.tickets.length;
    if (!settle) this.tickets = this.tickets.filter((ticket) => ticket.id !== id);
    return this.tickets.length < before;
  }
}
