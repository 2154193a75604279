/**
 * Machines by compare-and-set, one transaction in flight per machine and key. What comes meanwhile waits and is applied
 * together: each message whole and in order, all of them in one commit.
 *
 * Where nobody else writes, the state stays at hand and a transaction is one commit without a read; the commit checks that
 * it was right.
 */
import type { Runtime } from "../../runtime.ts";
import type { Aftermath, Machine, Store } from "../port.ts";
import type { StoreClock } from "./clock.ts";
import { type Opened, opened } from "./form.ts";
import { pace } from "./pace.ts";
import { readText, TooLarge, writeText } from "./pages.ts";
import type { Connection, DenoKv, KvKey } from "./platform.ts";
import { OTHERS_WERE_FASTER, retried } from "./retried.ts";

/** Bounds how long a transaction holds the event loop. */
const MOST_TOGETHER = 64;
const MOST_WAITING = 10_000;
/** Beyond every memory that a machine needs which does not say how long it remembers. */
const KEPT_MS = 90 * 86_400_000;
/** Machines and keys at hand; beyond it those used longest ago go. */
const QUEUES_KEPT = 64;

export interface Place {
  readonly connect: Connection;
  readonly clock: StoreClock;
  readonly runtime: Runtime;
}

interface Waiting {
  readonly message: unknown;
  readonly done: (result: unknown) => void;
  readonly failed: (error: unknown) => void;
}

interface Queue {
  send(message: unknown): Promise<unknown>;
  isIdle(): boolean;
}

/** A state as of one version. */
interface Held extends Opened<unknown> {
  readonly versionstamp: string | null;
  readonly pages: number;
  /** By the store's clock: when it is as if it were gone. */
  readonly until: number;
}

export function transactions(place: Place): Store["transact"] {
  const queues = new Map<string, Queue>();
  return <State, Message, Result>(machine: Machine<State, Message, Result>, key: string, message: Message) => {
    const name = `${machine.name} ${key}`;
    const queue = queues.get(name) ?? openQueue(place, machine as Machine<unknown, unknown, unknown & object>, key);
    queues.delete(name);
    queues.set(name, queue);
    const [oldest] = queues;
    if (queues.size > QUEUES_KEPT && oldest?.[1].isIdle()) queues.delete(oldest[0]);
    return queue.send(message) as Promise<Result>;
  };
}

function openQueue(place: Place, machine: Machine<unknown, unknown, object>, key: string): Queue {
  const { connect, clock, runtime } = place;
  const where = `deno-kv: ${machine.name} ${key}`;
  const kvKey: KvKey = ["tidegate", "machine", key, machine.name];
  const waiting: Waiting[] = [];
  const { keep, note } = pace(runtime);
  let running = false;
  let atHand: Held | null = null;
  let lastPages = 1;
  let ours: string | null = null;

  async function load(): Promise<Held> {
    const { text, versionstamp, pages, damaged } = await readText(await connect(), clock, where, kvKey, lastPages);
    lastPages = pages;
    // What is over was not read.
    return { ...opened(machine, text, damaged), versionstamp, pages, until: Number.POSITIVE_INFINITY };
  }

  async function commit(held: Held, now: number, until: number): Promise<boolean> {
    const done = await written(await connect(), where, kvKey, held, now, until);
    if (!done) return false;
    const { versionstamp, pages } = done;
    // Kept only while nobody else writes: else it would be stale, and a commit in vain costs as much as a read.
    atHand = held.versionstamp === ours ? { ...held, versionstamp, pages, until } : null;
    ours = versionstamp;
    lastPages = pages;
    return true;
  }

  /** Takes what waits, and more that comes while it reads. */
  async function transaction(): Promise<void> {
    await keep();
    let most = MOST_TOGETHER;
    const taken = waiting.splice(0, most);
    const attempt = async () => {
      const startedAt = runtime.monotonicMs();
      for (;;) {
        const held = atHand && atHand.until > clock.now() ? atHand : await load();
        atHand = null;
        taken.push(...waiting.splice(0, Math.max(0, most - taken.length)));
        const now = clock.now();
        const results = applied(machine, held, taken, now);
        if (results?.length === 0) return [];
        try {
          const until = results?.at(-1)?.keptUntil ?? now + KEPT_MS;
          if (results && !(await commit(held, now, until))) return OTHERS_WERE_FASTER;
          if (!results) continue;
          note(runtime.monotonicMs() - startedAt, atHand === null);
          return results;
        } catch (error) {
          if (!(error instanceof TooLarge) || taken.length === 1) throw error;
          // Only who does not fit is refused.
          most = Math.ceil(taken.length / 2);
          waiting.unshift(...taken.splice(most));
        }
      }
    };
    try {
      const results = await retried(runtime, `${where}: write`, attempt);
      for (const [n, { done }] of taken.entries()) done(results[n]);
    } catch (error) {
      for (const { failed } of taken) failed(error);
    }
  }

  async function work(): Promise<void> {
    for (running = true; waiting.length > 0; ) await transaction();
    running = false;
  }

  return {
    isIdle: () => !running,
    send: (message) =>
      new Promise((done, failed) => {
        if (waiting.length >= MOST_WAITING) throw tooMany(where);
        waiting.push({ message, done, failed });
        if (!running) void work();
      }),
  };
}

/** @returns Null where others were faster. */
async function written(kv: DenoKv, where: string, kvKey: KvKey, held: Held, now: number, until: number) {
  const atomic = kv.atomic().check({ key: [...kvKey, 0], versionstamp: held.versionstamp });
  const pages = writeText(atomic, where, kvKey, held.text(), held.pages, now, Math.max(0, until - now));
  const done = await atomic.commit();
  return done.ok ? { versionstamp: done.versionstamp, pages } : null;
}

const tooMany = (where: string): Error =>
  new Error(`${where}: write: at most ${MOST_WAITING} messages may wait, that many do; send fewer`);

/** @returns Null where a message was refused, which may have left the state half changed. */
function applied(
  machine: Machine<unknown, unknown, object>,
  held: Held,
  taken: Waiting[],
  now: number,
): Aftermath[] | null {
  const results: Aftermath[] = [];
  for (const one of taken) {
    try {
      results.push(machine.step(held.state, one.message, now));
    } catch (error) {
      one.failed(error);
      taken.splice(taken.indexOf(one), 1);
      return null;
    }
  }
  return results;
}
