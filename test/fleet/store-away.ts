/** The store stops, then is killed and comes back empty, while calls go on. */
import { setTimeout } from "node:timers/promises";
import { LEASE_MS } from "../../lib/gate/lanes.ts";
import type { Answer, Fleet } from "../support/fleet.ts";
import { keepInFlight, tally } from "../support/load.ts";
import { eventually } from "../support/processes.ts";
import type { RedisServer } from "../support/redis.ts";
import { percentile } from "./outage.ts";
import { HEARD_EVERY_MS, lifetimeMs, onScene } from "./scene.ts";

const CALL_TIMEOUT_MS = 1_000;
/** So long for an instance on a busy machine to notice, beyond its deadline. */
const NOTICE_MS = 300;

/** Of a request: says anything by chance. */
const UUID = /[0-9a-f]{8}-[0-9a-f-]{27}/g;
/** What no caller may read. */
const NAMES_THE_STORE = /redis|store|econn|socket|script|eval|6379|state_/i;
/** What a caller may be told while the database is well. */
const CONTRACT = ["DB_POOL_EXHAUSTED", "SERVICE_UNAVAILABLE", "CIRCUIT_BREAKER_OPEN"];

interface Absence {
  readonly from: number;
  /** When everybody had the shared gate again. */
  readonly until: number;
}

const backAgain = (fleet: Fleet, times: number) =>
  eventually("the shared gate is back", () => fleet.lines("store.back").length >= times * fleet.size, 30_000);

async function frozen(fleet: Fleet, redis: RedisServer, ms: number, absences: number): Promise<Absence> {
  const from = Date.now();
  redis.pause();
  await setTimeout(ms);
  redis.resume();
  await backAgain(fleet, absences);
  return { from, until: Date.now() };
}

async function emptied(fleet: Fleet, redis: RedisServer, ms: number, absences: number): Promise<Absence> {
  const from = Date.now();
  await redis.kill();
  await setTimeout(ms);
  await redis.start();
  await backAgain(fleet, absences);
  return { from, until: Date.now() };
}

/** What was answered that no caller should see. */
export const outsideContract = (answers: readonly Answer[]): readonly string[] =>
  answers
    .filter(
      ({ status, code, text }) =>
        status !== 200 && (!CONTRACT.includes(code ?? "") || NAMES_THE_STORE.test(text.replace(UUID, ""))),
    )
    .map(({ status, code, text }) => `${status} ${code} ${text}`);

export interface StoreAwayOptions {
  readonly size: number;
  readonly inFlight: number;
  readonly frozenMs: number;
  /** Does not wait between the two for everything to settle. */
  readonly brief?: boolean;
}

export interface BoundFigures {
  readonly peakBefore: number;
  /** While what was leased lasts, in which nothing is to change. */
  readonly peakLeased: number;
  /** Statements that began in that time, of those in as long a time before. */
  readonly flowLeased: number;
  /** Within one lifetime of a permit from an edge on. */
  readonly peakAtEdges: number;
  /** Later than that while the store was away. */
  readonly peakDetached: number;
  /** Later than that with the shared gate again. */
  readonly peakAfterwards: number;
  /** Statements that began after the leases and before the store was back. */
  readonly doneWhileAway: number;
  readonly answers: Readonly<Record<string, number>>;
  readonly outsideContract: readonly string[];
  readonly wentAway: number;
  readonly cameBack: number;
  readonly heldAtTheEnd: number;
}

/** Far more calls than the capacity. */
export function boundWithoutStore({
  size,
  inFlight,
  frozenMs,
  brief = false,
}: StoreAwayOptions): Promise<BoundFigures> {
  const storeDeadlineMs = 250;
  const settledMs = lifetimeMs(CALL_TIMEOUT_MS) + storeDeadlineMs + NOTICE_MS;
  return onScene({ size, callTimeoutMs: CALL_TIMEOUT_MS, storeDeadlineMs }, async ({ fleet, redis, statements }) => {
    const startedAt = Date.now();
    const load = keepInFlight(fleet, inFlight, { tag: "load", ms: 150 });
    await setTimeout(3_000);
    const awayBefore = fleet.lines("store.away").length;
    const backBefore = fleet.lines("store.back").length / size;
    const first = await frozen(fleet, redis, frozenMs, backBefore + 1);
    await setTimeout(brief ? 500 : settledMs + 1_000);
    const betweenAt = Date.now();
    const second = await emptied(fleet, redis, 1_000, backBefore + 2);
    await setTimeout(settledMs + 1_500);
    const endedAt = Date.now();
    const answers = await load.stop();
    const view = await eventually("everything is given back", async () => {
      const found = await fleet.view(0);
      return found.lanes.request.held === 0 && found;
    });
    const resumedAt = first.from + frozenMs;
    // Instances have renewed at most a renewal's time before; then each goes on by its share, at its own moment.
    const leaseEnds = first.from + LEASE_MS - 2 * HEARD_EVERY_MS;
    const began = (from: number, until: number) => statements.all.filter(({ at }) => at >= from && at < until).length;
    const edges = [
      [leaseEnds, first.from + settledMs],
      [resumedAt, first.until + settledMs],
      [second.from, second.until + settledMs],
    ] as const;
    return {
      peakBefore: statements.peak(startedAt, first.from),
      peakLeased: statements.peak(first.from, leaseEnds),
      flowLeased: began(first.from, leaseEnds) / began(2 * first.from - leaseEnds, first.from),
      peakAtEdges: Math.max(...edges.map(([from, until]) => statements.peak(from, until))),
      peakDetached: statements.peak(first.from + settledMs, resumedAt),
      peakAfterwards: Math.max(
        statements.peak(first.until + settledMs, betweenAt),
        statements.peak(second.until + settledMs, endedAt),
      ),
      doneWhileAway: began(first.from + LEASE_MS, resumedAt),
      answers: tally(answers),
      outsideContract: outsideContract(answers).slice(0, 5),
      wentAway: fleet.lines("store.away").length - awayBefore,
      cameBack: fleet.lines("store.back").length - backBefore * size,
      heldAtTheEnd: view.lanes.request.held,
    };
  });
}

export interface LatencyFigures {
  readonly storeDeadlineMs: number;
  readonly medianBeforeMs: number;
  readonly medianAwayMs: number;
  readonly slowestBeforeMs: number;
  readonly slowestMs: number;
  /** Calls that paid for the store: half a deadline or more above the slowest before. */
  readonly slowCalls: number;
  /** So many may: one of each instance for each time it went. */
  readonly slowCallsAllowed: number;
  readonly calls: number;
  readonly outsideContract: readonly string[];
}

/** One call at a time for each instance, which never has to wait for room: it has a permit, and later its share. */
export function latencyWithoutStore({ size, frozenMs }: Omit<StoreAwayOptions, "inFlight">): Promise<LatencyFigures> {
  const storeDeadlineMs = 400;
  return onScene({ size, callTimeoutMs: CALL_TIMEOUT_MS, storeDeadlineMs }, async ({ fleet, redis }) => {
    const clients = Array.from({ length: size }, (_, instance) =>
      keepInFlight(fleet, 1, { tag: "one", ms: 20, instances: [instance] }),
    );
    await setTimeout(3_000);
    const first = await frozen(fleet, redis, frozenMs, 1);
    await setTimeout(1_000);
    await emptied(fleet, redis, 1_000, 2);
    await setTimeout(3_000);
    const answers = (await Promise.all(clients.map((client) => client.stop()))).flat();
    const took = (from: number, until: number) =>
      answers.filter(({ askedAt }) => askedAt >= from && askedAt < until).map(({ tookMs }) => tookMs);
    const before = took(0, first.from - 100);
    const later = took(first.from - 100, Number.POSITIVE_INFINITY);
    return {
      storeDeadlineMs,
      medianBeforeMs: percentile(before, 0.5),
      medianAwayMs: percentile(took(first.from + 2 * storeDeadlineMs, first.from + frozenMs), 0.5),
      slowestBeforeMs: Math.max(...before),
      slowestMs: Math.max(...later),
      slowCalls: later.filter((ms) => ms > percentile(before, 0.5) + storeDeadlineMs / 2).length,
      slowCallsAllowed: 2 * size,
      calls: answers.length,
      outsideContract: outsideContract(answers).slice(0, 5),
    };
  });
}
