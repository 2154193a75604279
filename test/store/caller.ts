/** One instance that renews at a gate in a store, one renewal after the other. */
import { gateMachine } from "../../lib/gate/machine.ts";
import type {
  CommandReply,
  GateView,
  LaneGrant,
  LaneReport,
  Opening,
  Operate,
  Renewal,
  RenewalReply,
  Vote,
} from "../../lib/gate/renewal.ts";
import type { GateConfig, Lane } from "../../lib/gate/types.ts";
import type { Store } from "../../lib/store/port.ts";
import { RULES } from "../support/gate-renewal.ts";

export const CONFIG: GateConfig = {
  ...RULES,
  deadlineMs: { request: 60_000, slow: 60_000, health: 5_000 },
  sessionsKept: 1_024,
};
export const ONE = { capacity: { request: 1, slow: 1, health: 1 } };

export type Known = Extract<RenewalReply, { known: true }>;
/** What is not told is nothing. */
export type Said = Partial<Omit<Renewal, "lanes">> & { readonly lanes?: Partial<Record<Lane, Partial<LaneReport>>> };

const NOTHING: LaneReport = { keep: 0, probes: 0, need: 0, want: 0, waiting: 0, waitedMs: 0, owed: 0 };
const NO_SUMS = { ended: { success: 0, failure: 0, ignored: 0 }, refused: {}, ranMs: 0, waitedMs: 0 };

export const opening = (said: Partial<Opening> = {}): Opening => ({
  generation: 0,
  overrideVersion: 0,
  override: null,
  about: { runtime: "test", region: "", version: "1", startedAt: 0 },
  ...said,
});

export const operate = (mode: Operate["mode"], opId: string, said: Partial<Operate> = {}): Operate => ({
  kind: "operate",
  opId,
  mode,
  ttlMs: 60_000,
  expectedVersion: null,
  actor: "ann",
  reason: "drill",
  ...said,
});

export function renewalOf(session: string, { lanes, ...said }: Said = {}): Renewal {
  return {
    session,
    n: 1,
    agoMs: 0,
    life: null,
    opens: opening(),
    leaves: false,
    jitter: 0,
    roundTripMs: 0,
    config: CONFIG,
    lanes: {
      request: { ...NOTHING, ...lanes?.request },
      slow: { ...NOTHING, ...lanes?.slow },
      health: { ...NOTHING, ...lanes?.health },
    },
    votes: [],
    pings: [],
    open: null,
    sums: { request: NO_SUMS, slow: NO_SUMS, health: NO_SUMS },
    commands: [],
    ...said,
  };
}

export class Caller {
  #store: Store;
  readonly #key: string;
  readonly session: string;
  readonly #config: GateConfig;
  opens: Opening | null = opening();
  life: number | null = null;
  #n = 0;
  /** As they stand since the last answer. */
  #lanes: Record<Lane, LaneReport> = { request: NOTHING, slow: NOTHING, health: NOTHING };
  #generation = 0;
  #last: Renewal | null = null;

  constructor(store: Store, key: string, session: string, config: Partial<GateConfig> = {}) {
    this.#store = store;
    this.#key = key;
    this.session = session;
    this.#config = { ...CONFIG, ...config };
  }

  /** The same store by another way in. */
  moveTo(store: Store): void {
    this.#store = store;
  }

  async raw(renewal: Renewal): Promise<RenewalReply> {
    return (await this.#store.transact(gateMachine, this.#key, renewal)).reply;
  }

  /** Under the next number; it keeps what it has and needs what it needed, but for what is said. */
  async sends(all: Said = {}): Promise<Known> {
    const { lanes, ...said } = all;
    const whole = { ...this.#lanes };
    for (const lane of ["request", "slow", "health"] as const) whole[lane] = { ...whole[lane], ...lanes?.[lane] };
    const [n, life, opens, config] = [++this.#n, this.life, this.opens, this.#config];
    this.#last = renewalOf(this.session, { n, life, opens, config, ...said, lanes: whole });
    // Who has been forgotten opens again, as an instance does.
    return opens ? this.again() : this.again().catch((error) => (this.opens ? this.sends(all) : Promise.reject(error)));
  }

  /** The last renewal once more, as it was. */
  async again(renewal: Renewal | null = this.#last): Promise<Known> {
    if (!renewal) throw new Error(`${this.session}: expected a renewal to repeat, found none`);
    const reply = await this.raw(renewal);
    if (!reply.known) {
      [this.life, this.opens] = [reply.life, opening()];
      throw new Error(`${this.session}: expected to be known, found a life ${reply.life}`);
    }
    this.#generation = reply.generation;
    this.life = reply.life;
    this.opens = null;
    for (const lane of ["request", "slow", "health"] as const) {
      const { permits: keep, probes } = reply.lanes[lane];
      const { need } = renewal.lanes[lane];
      this.#lanes[lane] = { ...renewal.lanes[lane], keep, probes, waiting: Math.max(0, need - keep - probes) };
    }
    return reply;
  }

  get last(): Renewal | null {
    return this.#last;
  }

  /** So many calls are there: what they do not need is given back. */
  async needs(need: number, said: Said = {}, lane: Lane = "request"): Promise<LaneGrant> {
    const keep = Math.min(this.#lanes[lane].keep, need);
    const probes = Math.min(this.#lanes[lane].probes, need - keep);
    const asked = { keep, probes, need, want: need, waiting: need - keep - probes };
    return (await this.sends({ ...said, lanes: { ...said.lanes, [lane]: asked } })).lanes[lane];
  }

  /** Calls of the generation it knows. */
  vote(calls: number, failures = 0, said: Partial<Vote> = {}): Vote {
    return {
      generation: this.#generation,
      probe: false,
      calls,
      failures,
      slow: 0,
      ignored: 0,
      retryAfterMs: 0,
      ...said,
    };
  }

  async commands(...commands: Renewal["commands"]): Promise<readonly CommandReply[]> {
    return (await this.sends({ commands })).replies;
  }

  async views(): Promise<GateView> {
    return (await this.commands({ kind: "view" }))[0] as GateView;
  }

  /** So many failures that the breaker opens. */
  async fails(): Promise<Known> {
    await this.needs(1);
    const request = { keep: 0, need: 0, want: 0, waiting: 0 };
    return this.sends({ votes: [this.vote(10, 10)], lanes: { request } });
  }
}
