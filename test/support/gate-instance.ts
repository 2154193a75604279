/** An instance as a scenario tells of it: it remembers what runs, what waits, and what it was last answered. */
import type {
  GateView,
  LaneGrant,
  LaneReport,
  Opening,
  Operate,
  OperateReply,
  Renewal,
  Vote,
} from "../../lib/gate/renewal.ts";
import type { Step } from "../../lib/gate/step.ts";
import { LANES, type Lane, type Outcome, QUEUED_LANES, type RefusalReason } from "../../lib/gate/types.ts";
import type { TestGate } from "./gate.ts";
import { eachLane, type Introduction, type KnownReply, noSums } from "./gate-renewal.ts";

/** A report of one lane, where it is to differ from what is so. */
export type Said = Partial<LaneReport> & { readonly lane?: Lane };
interface Call {
  readonly generation: number;
  readonly probe: boolean;
}
interface Ending {
  readonly lane?: Lane;
  readonly slow?: boolean;
  /** Those that began last. */
  readonly last?: boolean;
  /** For which it asked to be left alone, where it failed. */
  readonly retryAfterMs?: number;
}

export class Instance {
  readonly gate: TestGate;
  readonly session: string;
  n = 0;
  readonly running: Record<Lane, Call[]> = { request: [], slow: [], health: [] };
  readonly waiting: Record<Lane, number> = { request: 0, slow: 0, health: 0 };
  readonly #introduction: Introduction;
  #opens: Opening | null;
  #life: number | null;
  #heard: KnownReply | null = null;
  #last: Partial<Renewal> = {};
  #votes: Vote[] = [];
  #sums = noSums();
  #opIds = 0;

  constructor(gate: TestGate, session: string, introduction: Introduction) {
    this.gate = gate;
    this.session = session;
    this.#introduction = introduction;
    this.#opens = introduction.opens;
    this.#life = introduction.life;
  }

  get heard(): KnownReply {
    if (!this.#heard) throw new Error(`${this.session}: expected to have heard of the gate, found nothing`);
    return this.#heard;
  }

  /** What it was last granted. */
  lane(lane: Lane = "request"): LaneGrant {
    return this.heard.lanes[lane];
  }

  /** One renewal, whatever the answer. */
  sends(said: Said = {}, extra: Partial<Renewal> = {}): Step {
    const report = (lane: Lane) => this.#report(lane, (said.lane ?? "request") === lane ? said : {});
    const lanes = eachLane(report);
    const news = { votes: this.#votes, sums: this.#sums };
    this.#last = { n: ++this.n, life: this.#life, opens: this.#opens, lanes, ...news, ...extra };
    this.#votes = [];
    this.#sums = noSums();
    const done = this.gate.send(this.session, this.#last);
    if (done.reply.known) this.#hears(done.reply);
    else [this.#votes, this.#sums] = [news.votes, news.sums];
    return done;
  }

  /** Where it is unknown, it opens and says all of it again. */
  renews(said: Said = {}, extra: Partial<Renewal> = {}): KnownReply {
    let { reply } = this.sends(said, extra);
    if (!reply.known) {
      const { opens } = this.#introduction;
      const { generation, overrideVersion } = this.#heard ?? opens;
      this.#opens = { ...opens, generation, overrideVersion };
      this.#life = reply.life;
      reply = this.sends(said, extra).reply;
    }
    if (!reply.known) throw new Error(`${this.session}: expected to be known, found "unknown" again`);
    return reply;
  }

  /** The last renewal once more, unchanged. */
  repeats(agoMs = 0): KnownReply {
    const { reply } = this.gate.send(this.session, { ...this.#last, agoMs });
    return reply as KnownReply;
  }

  /** So many calls, running and waiting. */
  needs(count: number, said: Said = {}): LaneGrant {
    const lane = said.lane ?? "request";
    const waiting = count - this.running[lane].length;
    if (waiting < 0) throw new Error(`${this.session}: expected to need what runs, found ${-waiting} more`);
    this.waiting[lane] = waiting;
    return this.renews(said).lanes[lane];
  }

  /** Of those that run, so many come to their end; who waits begins, as far as it may. */
  ends(count: number, outcome: Outcome = "success", how: Ending = {}): LaneGrant {
    const { lane = "request", last = false } = how;
    const ended = this.running[lane].splice(last ? -count : 0, count);
    if (ended.length < count) throw new Error(`${this.session}: expected ${count} to run, found ${ended.length}`);
    for (const call of ended) this.#count(lane, 1, outcome, how, call);
    this.#start(this.heard, lane);
    return this.renews().lanes[lane];
  }

  /** Calls that began and ended on permits of its own since it last renewed. */
  calls(count: number, outcome: Outcome, how: Ending = {}): KnownReply {
    const { lane = "request" } = how;
    const want = this.running[lane].length + this.waiting[lane] + 1;
    const { generation } = this.renews({ lane, want });
    this.#count(lane, count, outcome, how, { generation, probe: false });
    return this.renews();
  }

  /** Calls that it refused. */
  refuses(count: number, reason: RefusalReason, lane: Lane = "request"): KnownReply {
    this.#refuse(lane, count, reason);
    return this.renews();
  }

  pings(ok = true): KnownReply {
    return this.renews({}, { pings: [{ ok }] });
  }

  operates(mode: Operate["mode"], how: Partial<Operate> = {}): OperateReply {
    const opId = `${this.session}-${++this.#opIds}`;
    const what = { ttlMs: 60_000, expectedVersion: null, actor: "ann", reason: "drill" };
    const command: Operate = { kind: "operate", opId, mode, ...what, ...how };
    return this.renews({}, { commands: [command] }).replies[0] as OperateReply;
  }

  views(): GateView {
    return this.renews({}, { commands: [{ kind: "view" }] }).replies[0] as GateView;
  }

  leaves(): void {
    this.sends({}, { leaves: true });
  }

  /** It keeps what runs, and beyond that what it may use and wants. */
  #report(lane: Lane, said: Said): LaneReport {
    const waiting = said.waiting ?? this.waiting[lane];
    const probes = this.running[lane].filter(({ probe }) => probe).length;
    const running = this.running[lane].length - probes;
    const need = running + probes + waiting;
    const want = said.want ?? need;
    const { permits, allow } = this.#heard?.lanes[lane] ?? { permits: 0, allow: 0 };
    const keep = Math.max(running, Math.min(permits, allow, want));
    const { lane: _, ...rest } = said;
    return { keep, probes, need, want, waiting, waitedMs: 0, owed: 0, ...rest };
  }

  #hears(reply: KnownReply): void {
    this.#heard = reply;
    this.#opens = null;
    this.#life = reply.life;
    for (const lane of LANES) this.#start(reply, lane);
    const { refusal } = reply.breaker;
    for (const lane of refusal ? QUEUED_LANES : []) {
      this.#refuse(lane, this.waiting[lane], refusal as RefusalReason);
      this.waiting[lane] = 0;
    }
  }

  #start({ generation, lanes, breaker }: KnownReply, lane: Lane): void {
    const { allow, probes } = lanes[lane];
    const probe = breaker.state === "half_open" && lane !== "health";
    const most = probe ? probes : allow;
    const running = () => this.running[lane].filter((call) => call.probe === probe).length;
    for (; this.waiting[lane] > 0 && running() < most; this.waiting[lane]--) {
      this.running[lane].push({ generation, probe });
    }
  }

  #count(lane: Lane, calls: number, outcome: Outcome, how: Ending, { generation, probe }: Call): void {
    const { slow = false, retryAfterMs = 0 } = how;
    const sums = this.#sums[lane];
    this.#sums = { ...this.#sums, [lane]: { ...sums, ended: plus(sums.ended, outcome, calls) } };
    if (lane === "health") return;
    const answered = outcome === "ignored" ? 0 : calls;
    this.#votes.push({
      generation,
      probe,
      calls: answered,
      failures: outcome === "failure" ? calls : 0,
      slow: slow && lane === "request" ? answered : 0,
      ignored: probe ? calls - answered : 0,
      retryAfterMs: outcome === "failure" ? retryAfterMs : 0,
    });
  }

  #refuse(lane: Lane, calls: number, reason: RefusalReason): void {
    const sums = this.#sums[lane];
    if (calls > 0) this.#sums = { ...this.#sums, [lane]: { ...sums, refused: plus(sums.refused, reason, calls) } };
  }
}

const plus = <Key extends string, Counts extends Partial<Record<Key, number>>>(
  counts: Counts,
  key: Key,
  more: number,
) => ({
  ...counts,
  [key]: (counts[key] ?? 0) + more,
});
