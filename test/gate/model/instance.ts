/** One instance, more or less keeping its side of the protocol, and saying what it is told to say. */
import type { Command, LaneReport, LaneSums, Opening, Renewal, RenewalReply, Vote } from "../../../lib/gate/renewal.ts";
import type { Lane } from "../../../lib/gate/types.ts";
import { ABOUT } from "../../support/gate.ts";
import type { Ending, Known, Lying, Sending } from "./actions.ts";

export type Carried = Omit<Renewal, "config">;
type Held = (RenewalReply & { known: true })["lanes"];

const eachLane = <Value>(value: (lane: Lane) => Value): Record<Lane, Value> => ({
  request: value("request"),
  slow: value("slow"),
  health: value("health"),
});
const noSums = () =>
  eachLane(() => ({ ended: { success: 0, failure: 0, ignored: 0 }, refused: {}, ranMs: 0, waitedMs: 0 }) as LaneSums);

export class ModelInstance {
  readonly name: string;
  n = 0;
  life: number | null = null;
  generation = 0;
  overrideVersion = 0;
  readonly calls: Record<Lane, number> = eachLane(() => 0);
  #since: Record<Lane, number> = eachLane(() => 0);
  #held: Held = eachLane(() => ({ permits: 0, allow: 0, probes: 0, crowded: false, waiting: 0 }));
  #state = "closed";
  #opens: Opening | null;
  #votes: Vote[] = [];
  #sums = noSums();
  readonly #commands: Command[] = [];
  readonly #pings: { ok: boolean }[] = [];
  readonly #known: Known;
  #tellsOpen = false;

  constructor(name: string, known: Known) {
    this.name = name;
    this.#known = known;
    this.#opens = { generation: 0, overrideVersion: 0, override: null, about: this.#about() };
  }

  demand(now: number, lane: Lane, calls: number): void {
    this.calls[lane] = Math.max(calls, 0);
    this.#since[lane] = now;
  }

  end({ lane, calls, outcome, slow, retryAfterMs }: Ending): void {
    const ended = Math.min(calls, this.#running(lane));
    if (ended === 0) return;
    this.calls[lane] -= ended;
    const sums = this.#sums[lane];
    const among = { ...sums.ended, [outcome]: sums.ended[outcome] + ended };
    this.#sums = { ...this.#sums, [lane]: { ...sums, ended: among, ranMs: sums.ranMs + ended } };
    if (lane === "health") return;
    const [voting, probe] = [outcome === "ignored" ? 0 : ended, this.#state === "half_open"];
    this.#votes.push({
      generation: this.generation,
      probe,
      calls: voting,
      failures: outcome === "failure" ? ended : 0,
      slow: slow && lane === "request" ? voting : 0,
      ignored: probe ? ended - voting : 0,
      retryAfterMs: outcome === "failure" ? retryAfterMs : 0,
    });
  }

  says(command: Command): void {
    this.#commands.push(command);
  }

  pings(ok: boolean): void {
    this.#pings.push({ ok });
  }

  tellsOpen(): void {
    this.#tellsOpen = true;
  }

  /** What it has to say by now; said once, whatever becomes of it. */
  renewal(now: number, { spare, jitter, roundTripMs, refused }: Sending, leaves = false): Carried {
    const sums = this.#sums.request;
    if (refused > 0)
      this.#sums = { ...this.#sums, request: { ...sums, refused: { open: refused, nested: 1 }, waitedMs: refused } };
    const { openMs } = this.#known;
    const renewal: Carried = {
      session: this.name,
      n: ++this.n,
      agoMs: 0,
      life: this.life,
      opens: this.#opens,
      leaves,
      jitter,
      roundTripMs,
      lanes: eachLane((lane) => this.#report(now, lane, spare)),
      votes: this.#votes,
      pings: this.#pings.splice(0),
      open: this.#tellsOpen ? { remainingMs: openMs, agoMs: spare * 100 } : null,
      sums: this.#sums,
      ...(refused > 0 && { tallies: { kept_fresh: refused, stale_other: spare } }),
      commands: this.#commands.splice(0),
    };
    [this.#votes, this.#sums, this.#tellsOpen] = [[], noSums(), false];
    return renewal;
  }

  /** The same with parts that may be anything. */
  lie(honest: Carried, lie: Lying, life: number): Carried {
    const [keep = 0, probes = 0, need = 0, want = 0, waiting = 0, waitedMs = 0, owed = 0] = lie.report;
    const report = {
      keep,
      probes,
      need,
      want,
      waiting: Math.min(waiting, need),
      waitedMs: waitedMs * 100,
      owed: owed >> 1,
    };
    const lives = { "no life": null, "this life": life, "another life": life - 1 };
    const known = { overrideVersion: this.overrideVersion + 1, override: this.#known.override, about: this.#about() };
    const generation = Math.max(0, this.generation + lie.generationAhead);
    const said = lie.opens === "as it is" ? null : { life: lives[lie.opens], opens: { generation, ...known } };
    const votes = lie.votes.map(
      ({ ahead, probe, counts: [calls = 0, failures = 0, slow = 0, ignored = 0], ...vote }) => ({
        generation: Math.max(0, this.generation + ahead),
        probe,
        calls,
        failures: Math.min(failures, calls),
        slow: Math.min(slow, calls),
        ignored,
        ...vote,
      }),
    );
    return {
      ...honest,
      n: Math.max(1, honest.n - 1 + lie.nAhead),
      agoMs: lie.agoMs,
      leaves: lie.leaves,
      ...said,
      lanes: { ...honest.lanes, [lie.lane]: report },
      votes: [...honest.votes, ...votes],
      open: lie.remainingMs > 0 ? { remainingMs: lie.remainingMs, agoMs: lie.agoMs } : honest.open,
    };
  }

  hear(reply: RenewalReply): void {
    if (reply.known) {
      const { life, generation, overrideVersion, lanes, breaker } = reply;
      Object.assign(this, { life, generation, overrideVersion });
      [this.#held, this.#state, this.#opens] = [lanes, breaker.state, null];
      return;
    }
    const { generation, overrideVersion } = this;
    this.life = reply.life;
    this.#opens = { generation, overrideVersion, about: this.#about(), override: this.#known.override };
    this.#tellsOpen = this.#known.openMs > 0;
  }

  #report(now: number, lane: Lane, spare: number): LaneReport {
    const { permits, allow, probes } = this.#held[lane];
    const [need, running] = [this.calls[lane], this.#running(lane)];
    const waitedMs = running < need ? now - this.#since[lane] : 0;
    const keep = Math.min(permits, Math.max(Math.min(need, allow), running - probes));
    const ends = {
      probes: Math.min(probes, running),
      waiting: need - running,
      waitedMs: Math.max(0, waitedMs),
      owed: 0,
    };
    return { keep, need, want: need + spare, ...ends };
  }

  #running(lane: Lane): number {
    const { allow, probes } = this.#held[lane];
    return Math.min(this.calls[lane], allow + probes);
  }

  #about(): Opening["about"] {
    return { ...ABOUT, region: this.name };
  }
}
