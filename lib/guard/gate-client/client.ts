/**
 * The gate client: what an instance holds of a gate, and how calls get in, wait and end without asking anybody.
 *
 * Map of this folder: `port` is what the rest of the guard sees, `client` (this file) puts it together; `holdings` and
 * `telling` are the pure part, by `moment`s; `door` lets calls in, `line` keeps those that wait; `exchange` sends
 * renewals, each by `transmit`, and knows whether the shared gate is there; `local-gate` stands in for it; `pulse` is
 * when to renew without being asked.
 */
import type { GateView, OperateReply, Renewal } from "../../gate/renewal.ts";
import { LANES, type Lane, QUEUED_LANES } from "../../gate/types.ts";
import { validateOperate } from "../../gate/validate.ts";
import { announceTo } from "../announce.ts";
import { Refused, refusal } from "../refusal.ts";
import { createDoor } from "./door.ts";
import { createExchange } from "./exchange.ts";
import {
  type Begun,
  type Ending,
  ended,
  fade,
  type Holdings,
  hasLease,
  hasNews,
  holdsIdle,
  isKnownToBeShort,
  lineIsFull,
  noHoldings,
  owesOthers,
  refusedHere,
  runningIn,
  runs,
  stateOf,
} from "./holdings.ts";
import { createLine } from "./line.ts";
import { createLocalGate } from "./local-gate.ts";
import { type Moment, momentOf } from "./moment.ts";
import type { Ask, Entry, GateClient, GateClientOptions } from "./port.ts";
import { createPulse } from "./pulse.ts";
import { standingOf } from "./standing.ts";
import { composed, hear } from "./telling.ts";

const VIEW = { kind: "view" } as const;

export function createGateClient(options: GateClientOptions): GateClient {
  const { name, store, key, rules, about, runtime, log, shared, refusing } = options;
  const { events } = shared;
  const { inProcess, freezes } = store.traits;
  const own = noHoldings();
  const nowAt = () => momentOf(runtime);
  const session = shared.session();
  let stopPushes: (() => void) | undefined;
  let closed = false;
  let leaving = false;
  /** What the local gate knows of the breaker, to be told to the shared one. */
  let brings: Renewal["open"] = null;
  /** The lane of a call that asks before it waits. */
  let asking: Lane | null = null;

  const local = createLocalGate({
    ...{ about, rules, runtime },
    fleet: () => own.heard?.fleet ?? null,
    stillRuns: (lane) => runningIn(own, lane),
    announce: announceTo({ gate: name, log, events, local: true }),
  });
  const line = createLine({
    runtime,
    refuse: ({ lane, refusedAs }) => door.refuse(lane, refusedAs),
    // Nobody is to keep a permit free for who gave up. Rule 5.
    left: (lane) => line.first(lane) ?? exchange.renewSoon(),
  });
  const exchange = createExchange({
    ...options,
    compose: (commands, roundTripMs) => {
      const waiting = line.sizes();
      return composed(
        own,
        {
          waiting: asking === null ? waiting : { ...waiting, [asking]: waiting[asking] + 1 },
          waitedMs: line.waitedMs(),
          owed: local.owed(),
          leaves: leaving,
          open: brings,
        },
        {
          ...{ session: session(), about, config: rules.gate, roundTripMs, commands },
          jitter: Math.floor(runtime.random() * 1_000),
          // A busy instance is not frozen: its calls need it.
          keepsNothing: leaving || (freezes && isUnused()),
        },
        nowAt(),
      );
    },
    hear: (reply, renewal, sent) => hear(own, reply, renewal, sent, nowAt(), local.owed()),
    heard: ({ n }) => {
      listen();
      brings = local.standDown();
      serve(n);
      if (stateOf(own) === "closed") pulse.calm();
      pulse.plan();
      const isLate = line.size() > 0 && !hasLease(own, nowAt());
      const isUntold = QUEUED_LANES.some((lane) => own.lanes[lane].untold > 0);
      return brings !== null || isLate || isUntold || owesOthers(own, line.sizes());
    },
    lost: () => {
      serve(0);
      pulse.plan();
    },
  });
  const pulse = createPulse({
    ...{ runtime, traits: store.traits, refusing },
    renewWithinMs: () => own.heard?.renewWithinMs ?? 0,
    roundTripMs: exchange.roundTripMs,
    sentAt: exchange.sentAt,
    waitingInstances: () =>
      Math.min(own.heard?.fleet.n ?? 0, Math.max(...QUEUED_LANES.map((lane) => own.lanes[lane].waitingElsewhere))),
    waits: () => line.size() > 0,
    crowded: () => QUEUED_LANES.some((lane) => own.lanes[lane].crowded && own.lanes[lane].permits > 0),
    isNeeded: () => runs(own) || holdsIdle(own) || hasNews(own) || line.size() > 0,
    fade: () => fade(own),
    beat: () => {
      serve(0);
      exchange.renew();
    },
  });
  const door = createDoor({
    ...{ own, local, rules, attached: exchange.attached, waiting: line.sizes, begun: pulse.plan, ended: end },
    refused: (isOld) => {
      pulse.refuses();
      if (isOld) exchange.renewSoon();
    },
  });

  function isUnused(): boolean {
    return !runs(own) && line.size() === 0 && asking === null;
  }
  const isIdle = () => isUnused() && !runs(local.own());
  const knowsNothing = () => stateOf(own) === "closed" && !pulse.isWatching() && brings === null;

  /** Lets in who waits, as far as there is room. @param answeredIn Number of a renewal that was just answered. */
  function serve(answeredIn: number): void {
    const now = nowAt();
    for (const lane of LANES) {
      for (let waiter = line.first(lane); waiter; waiter = line.first(lane)) {
        const entry = door.enter(waiter.ask, now, now.monotonicMs - waiter.since);
        if (!entry) break;
        waiter.end(entry);
      }
      // The gate was told of them, and had nothing for them.
      line.refuseTold(lane, answeredIn);
    }
  }

  function end(holdings: Holdings, call: Begun, how: Ending): void {
    const isUrgent = ended(holdings, call, how);
    const isShared = holdings === own;
    if (how.outcome === "failure") pulse.refuses();
    if (!isShared) local.renew(line.sizes());
    serve(0);
    if (!exchange.attached()) return;
    if (isUrgent || !isShared || (freezes && isUnused()) || owesOthers(own, line.sizes())) exchange.renewSoon();
    else pulse.plan();
  }

  /** Once it was answered: the first call is not to wait for a second connection. */
  function listen(): void {
    if (stopPushes || !store.traits.gate.pushes) return;
    stopPushes = shared.pushes.listen(key, (message) => {
      if (message === "reclaim") for (const lane of QUEUED_LANES) Object.assign(own.lanes[lane], { crowded: true });
      const isForUs = message === "wake" ? line.size() > 0 : !isUnused() || holdsIdle(own) || pulse.isWatching();
      if (isForUs) exchange.renew();
    });
  }

  /** Of a gate at hand the answer comes at once. */
  function askNow(ask: Ask, now: Moment): Entry | null {
    asking = ask.lane;
    exchange.renew();
    asking = null;
    return door.enter(ask, now, 0);
  }

  function wait(ask: Ask, isImpatient: boolean): Promise<Entry> {
    const { lane, waitUntil } = ask;
    const now = runtime.monotonicMs();
    const isFirst = line.first(lane) === undefined;
    // Who does not want to wait has one answer to hear, and the gate as long to give it as to anybody.
    const longestMs = Math.max(rules.storeDeadlineMs, store.traits.firstContactMs);
    const entry = line.join(ask, isImpatient ? own.n + 1 : null, waitUntil <= now ? now + longestMs : waitUntil);
    const isNews = !inProcess && (isFirst || !own.lanes[lane].crowded);
    if (exchange.attached() && (isNews || isImpatient)) exchange.renewSoon();
    let isOver = false;
    pulse.waits(() => isOver);
    const over = () => {
      isOver = true;
    };
    entry.then(over, over);
    return entry;
  }

  return {
    enter: (ask) => {
      const { lane, signal, waitUntil } = ask;
      if (closed) return door.refuse(lane, "closing");
      const now = nowAt();
      // Nobody overtakes.
      const isFirst = line.first(lane) === undefined;
      const entry = isFirst ? door.enter(ask, now, 0) : door.against(lane, now);
      if (entry) return entry;
      const isFull = lineIsFull(own, lane, line.sizes()[lane], rules.maxWaiting);
      if (isFull && isKnownToBeShort(own, lane, now)) return door.refuse(lane, ask.refusedAs);
      if (signal?.aborted) return Promise.reject(signal.reason);
      const isImpatient = isFull || lane === "health" || waitUntil <= now.monotonicMs;
      if (!inProcess || !isFirst) return wait(ask, isImpatient);
      return askNow(ask, now) ?? (isImpatient ? door.refuse(lane, ask.refusedAs) : wait(ask, false));
    },
    refused: (lane, reason) => {
      if (LANES.includes(lane)) refusedHere(own, lane, reason);
    },
    view: async () => ((await exchange.ask(VIEW)) as GateView | null) ?? local.view(own.heard),
    operate: async (command) => {
      validateOperate(command);
      const reply = await exchange.ask(command);
      if (reply) return reply as OperateReply;
      throw new Refused(refusal(name, "detached", rules.fullRetryAfterMs));
    },
    attached: exchange.attached,
    waiting: line.size,
    standing: () => standingOf(own, { rules, attached: exchange.attached(), waiting: line.sizes(), now: nowAt() }),
    isIdle,
    isAtRest: () => isIdle() && !(holdsIdle(own) || hasNews(own)) && exchange.isQuiet() && knowsNothing(),
    forget: () => {
      pulse.stop();
      stopPushes?.();
      void exchange.close(false);
    },
    close: () => {
      closed = true;
      for (const lane of LANES) for (const waiter of line.of(lane)) waiter.end(door.refuse(lane, "closing"));
    },
    leave: async () => {
      leaving = true;
      pulse.stop();
      stopPushes?.();
      await exchange.close(own.heard !== null);
    },
  };
}
