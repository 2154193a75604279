/**
 * The gate client: what an instance holds of a gate, and how calls get in, wait and end without asking anybody.
 *
 * Map of this folder: `port` is what the rest of the guard sees, `client` (this file) puts it together; `holdings` and
 * `telling` are the pure part, by `moment`s; `entrance` is how calls get in, by the `door` or out of the `line` of
 * those that wait; `exchange` sends renewals, each by `transmit`, and knows whether the shared gate is there (`retry`:
 * when to ask again); `local-gate` stands in for it; `pulse` renews without being asked, `standing` is what is known
 * without asking.
 */
import type { GateView, Operate, OperateReply, Renewal } from "../../gate/renewal.ts";
import { LANES, type Lane, QUEUED_LANES, type RefusalReason, type Tally } from "../../gate/types.ts";
import { validateOperate } from "../../gate/validate.ts";
import type { MaybePromise } from "../../store/port.ts";
import { announceTo } from "../announce.ts";
import { Refused, refusal } from "../refusal.ts";
import { createDoor, type Door } from "./door.ts";
import { createEntrance, type Entrance } from "./entrance.ts";
import { createExchange, type Exchange } from "./exchange.ts";
import {
  addTally,
  type Begun,
  countElsewhere,
  type Ending,
  ended,
  type Holdings,
  hasLease,
  hasNews,
  hasUntold,
  holdsIdle,
  noHoldings,
  owesOthers,
  refusedHere,
  runningIn,
  runs,
  stateOf,
} from "./holdings.ts";
import { createLine, type Line } from "./line.ts";
import { createLocalGate, type LocalGate } from "./local-gate.ts";
import { momentOf } from "./moment.ts";
import type { Ask, Entry, GateClient, GateClientOptions, Standing } from "./port.ts";
import { createPulse, type Pulse } from "./pulse.ts";
import { standingOf } from "./standing.ts";
import { composed, hear } from "./telling.ts";

const VIEW = { kind: "view" } as const;

export const createGateClient = (options: GateClientOptions): GateClient => new LeasingClient(options);

class LeasingClient implements GateClient {
  readonly #options: GateClientOptions;
  readonly #own = noHoldings();
  readonly #session: () => string;
  readonly #local: LocalGate;
  readonly #line: Line;
  readonly #exchange: Exchange;
  readonly #pulse: Pulse;
  readonly #door: Door;
  readonly #entrance: Entrance;
  #stopPushes: (() => void) | undefined;
  #closed = false;
  #leaving = false;
  /** What the local gate knows of the breaker, to be told to the shared one. */
  #brings: Renewal["open"] = null;

  constructor(options: GateClientOptions) {
    const { name, runtime, log, shared } = options;
    const own = this.#own;
    this.#options = options;
    this.#session = shared.session();
    this.#local = createLocalGate({
      ...options,
      fleet: () => own.heard?.fleet ?? null,
      stillRuns: (lane) => runningIn(own, lane),
      announce: announceTo({ gate: name, log, events: shared.events, tracing: shared.tracing, local: true }),
    });
    this.#line = createLine({
      runtime,
      refuse: (lane, reason) => this.#door.refuse(lane, reason),
      // Nobody is to keep a permit free for who gave up. Rule 5.
      left: (lane) => this.#line.first(lane) ?? this.#exchange.renewSoon(),
    });
    this.#exchange = createExchange({
      ...options,
      compose: (commands, roundTripMs) => this.#composed(commands, roundTripMs),
      hear: (reply, renewal, sent) => hear(own, reply, renewal, sent, momentOf(runtime), this.#local.owed()),
      heard: ({ n }) => this.#heard(n),
      lost: () => {
        this.#serve(0);
        this.#pulse.plan();
      },
    });
    this.#pulse = createPulse({
      ...options,
      own,
      line: this.#line,
      exchange: this.#exchange,
      beat: () => {
        this.#serve(0);
        this.#exchange.renew();
      },
    });
    this.#door = createDoor({
      ...options,
      own,
      local: this.#local,
      attached: this.#exchange.attached,
      waiting: this.#line.sizes,
      begun: this.#pulse.plan,
      ended: (holdings, call, how) => this.#ended(holdings, call, how),
      refused: (isOld) => {
        this.#pulse.refuses();
        if (isOld) this.#exchange.renewSoon();
      },
    });
    this.#entrance = createEntrance({
      ...options,
      own,
      door: this.#door,
      line: this.#line,
      exchange: this.#exchange,
      pulse: this.#pulse,
    });
  }

  readonly enter = (ask: Ask): MaybePromise<Entry> =>
    this.#closed ? this.#door.refuse(ask.lane, "closing") : this.#entrance.enter(ask);

  #composed(commands: Renewal["commands"], roundTripMs: number): Renewal {
    const { about, rules, runtime, store } = this.#options;
    const waiting = this.#line.sizes();
    const asking = this.#entrance.asking();
    const demand = {
      waiting: asking === null ? waiting : { ...waiting, [asking]: waiting[asking] + 1 },
      waitedMs: this.#line.waitedMs(),
      owed: this.#local.owed(),
      leaves: this.#leaving,
      open: this.#brings,
    };
    const terms = {
      session: this.#session(),
      about,
      config: rules.gate,
      roundTripMs,
      commands,
      jitter: Math.floor(runtime.random() * 1_000),
      // A busy instance is not frozen: its calls need it.
      keepsNothing: this.#leaving || (store.traits.freezes && this.#isUnused()),
    };
    return composed(this.#own, demand, terms, momentOf(runtime));
  }

  /** @returns Whether there is more to tell at once. */
  #heard(n: number): boolean {
    const own = this.#own;
    this.#listen();
    this.#brings = this.#local.standDown();
    this.#serve(n);
    if (stateOf(own) === "closed") this.#pulse.calm();
    this.#pulse.plan();
    const isLate = this.#line.size() > 0 && !hasLease(own, momentOf(this.#options.runtime));
    return this.#brings !== null || isLate || hasUntold(own) || owesOthers(own, this.#line.sizes());
  }

  /** Lets in who waits, as far as there is room. @param answeredIn Number of a renewal that was just answered. */
  #serve(answeredIn: number): void {
    const now = momentOf(this.#options.runtime);
    this.#line.serve(({ ask, since }) => this.#door.enter(ask, now, now.monotonicMs - since), answeredIn);
  }

  #ended(holdings: Holdings, call: Begun, how: Ending): void {
    const isUrgent = ended(holdings, call, how);
    const isShared = holdings === this.#own;
    const sizes = this.#line.sizes();
    if (how.outcome === "failure") this.#pulse.refuses();
    if (!isShared) {
      countElsewhere(this.#own, call.lane, how);
      this.#local.renew(sizes);
    }
    this.#serve(0);
    if (!this.#exchange.attached()) return;
    const isLast = this.#options.store.traits.freezes && this.#isUnused();
    if (isUrgent || !isShared || isLast || owesOthers(this.#own, this.#line.sizes())) this.#exchange.renewSoon();
    else this.#pulse.plan();
  }

  /** Once it was answered: the first call is not to wait for a second connection. */
  #listen(): void {
    const { store, shared, key } = this.#options;
    if (this.#stopPushes || !store.traits.gate.pushes) return;
    const own = this.#own;
    this.#stopPushes = shared.pushes.listen(key, (message) => {
      if (message === "reclaim") for (const lane of QUEUED_LANES) Object.assign(own.lanes[lane], { crowded: true });
      const isHolding = !this.#isUnused() || holdsIdle(own) || this.#pulse.isWatching();
      if (message === "wake" ? this.#line.size() > 0 : isHolding) this.#exchange.renew();
    });
  }

  #isUnused(): boolean {
    return !runs(this.#own) && this.#line.size() === 0 && this.#entrance.asking() === null;
  }

  readonly isIdle = (): boolean => this.#isUnused() && !runs(this.#local.own());

  readonly isAtRest = (): boolean => {
    const own = this.#own;
    const knowsNothing = stateOf(own) === "closed" && !this.#pulse.isWatching() && this.#brings === null;
    return this.isIdle() && !holdsIdle(own) && !hasNews(own) && this.#exchange.isQuiet() && knowsNothing;
  };

  readonly refused = (lane: Lane, reason: RefusalReason): void => {
    if (LANES.includes(lane)) refusedHere(this.#own, lane, reason);
  };

  readonly tally = (tally: Tally): void => {
    addTally(this.#own, tally);
    this.#pulse.tells();
  };

  readonly view = async (): Promise<GateView> =>
    ((await this.#exchange.ask(VIEW)) as GateView | null) ?? this.#local.view(this.#own.heard);

  readonly operate = async (command: Operate): Promise<OperateReply> => {
    validateOperate(command);
    const reply = await this.#exchange.ask(command);
    if (reply) return reply as OperateReply;
    const { name, rules } = this.#options;
    throw new Refused(refusal(name, "detached", rules.fullRetryAfterMs));
  };

  readonly attached = (): boolean => this.#exchange.attached();
  readonly waiting = (): number => this.#line.size();

  readonly standing = (): Standing => {
    const { rules, runtime } = this.#options;
    const waiting = this.#line.sizes();
    return standingOf(this.#own, { rules, attached: this.attached(), waiting, now: momentOf(runtime) });
  };

  readonly close = (): void => {
    this.#closed = true;
    this.#line.close();
  };

  readonly leave = async (): Promise<void> => {
    this.#leaving = true;
    this.#pulse.stop();
    this.#stopPushes?.();
    await this.#exchange.close(this.#own.heard !== null);
  };
}
