/** Where the primary is, by the word of the Sentinels that watch it. */
import { nodeText, type RedisNode } from "../../redis-url.ts";
import type { Runtime, Timer } from "../../runtime.ts";
import { withDeadline } from "../../time.ts";
import { type Commands, openCommands } from "./commands.ts";
import type { Locator } from "./locator.ts";
import type { RedisSettings } from "./settings.ts";

/** For one of them to be reached and to answer. */
const ANSWER_MS = 500;
/** So long after the last question connections to them are kept: while a primary is away they are asked again and again. */
const KEPT_MS = 5_000;

type Sentinel = Pick<Commands, "tell" | "close">;

export interface Primary extends Required<Locator> {
  locate(): Promise<RedisNode>;
  /** Nobody is asked after that. */
  close(): Promise<void>;
}

export interface PrimaryOptions {
  readonly settings: RedisSettings;
  readonly sentinels: readonly RedisNode[];
  readonly master: string;
  readonly runtime: Runtime;
  /** A connection to one of them. */
  readonly connect?: (sentinel: RedisNode) => Sentinel;
}

/** What one of them says. */
interface Word {
  readonly node: RedisNode;
  /** Rises with each failover; 0 where it does not say. */
  readonly epoch: number;
}

/**
 * All are asked at once, and the one that has heard of the latest failover is believed: the others may name the old
 * primary for a while yet. Who was silent the last time is waited for only where nobody else knows.
 */
export function primaryOf({ settings, sentinels, master, runtime, connect }: PrimaryOptions): Primary {
  const own = { ...settings, login: settings.sentinelLogin, database: 0 };
  const open = connect ?? ((node) => openCommands({ settings: own, locator: { locate: () => node }, runtime }));
  const opened = new Map<RedisNode, Sentinel>();
  const silent = new Set<RedisNode>();
  let asking: Promise<RedisNode> | null = null;
  let begin = 0;
  let timer: Timer = null;
  let closed = false;

  async function ask(node: RedisNode): Promise<Word> {
    const sentinel = opened.get(node) ?? open(node);
    opened.set(node, sentinel);
    // In this order: between the two a newer place may come to an older epoch, never the other way round.
    const epoch = sentinel.tell(["SENTINEL", "MASTER", master]).then(epochIn, () => 0);
    const place = sentinel.tell(["SENTINEL", "GET-MASTER-ADDR-BY-NAME", master]);
    const refuse = () => {
      silent.add(node);
      return new Error(`no answer within ${ANSWER_MS} ms`);
    };
    const [of, told] = await withDeadline(Promise.all([epoch, place]), { ms: ANSWER_MS, runtime, refuse });
    silent.delete(node);
    const [host, port] = Array.isArray(told) ? told : [];
    if (typeof host === "string" && Number(port) > 0) return { node: { host, port: Number(port) }, epoch: of };
    throw new Error(`it watches no ${JSON.stringify(master)}`);
  }
  async function look(): Promise<RedisNode> {
    let best: Word | null = null;
    const found: string[] = [];
    const hear = async (sentinel: RedisNode) => {
      try {
        const word = await ask(sentinel);
        if (best === null || word.epoch > best.epoch) best = word;
      } catch (error) {
        found.push(`${nodeText(sentinel)}: ${reasonOf(error)}`);
      }
    };
    // Of those that say no epoch each is the first at some time: one may be cut off from the rest.
    const order = [...sentinels.slice(begin), ...sentinels.slice(0, begin)];
    begin = (begin + 1) % sentinels.length;
    const waitedFor = order.filter((sentinel) => !silent.has(sentinel));
    const heard = new Map(order.map((sentinel) => [sentinel, hear(sentinel)]));
    await Promise.all(waitedFor.map((sentinel) => heard.get(sentinel)));
    if (best === null) await Promise.all(heard.values());
    const word = best as Word | null;
    if (word !== null) return word.node;
    throw new Error(`no Sentinel says where ${JSON.stringify(master)} is: ${found.join("; ")}`);
  }
  async function locate(): Promise<RedisNode> {
    if (closed) throw new Error("it is closed");
    runtime.clearTimer(timer);
    timer = runtime.setTimer(() => void rest(), KEPT_MS);
    asking ??= look().finally(() => {
      asking = null;
    });
    return asking;
  }
  async function rest(): Promise<void> {
    const all = [...opened.values()];
    opened.clear();
    await Promise.all(all.map((sentinel) => sentinel.close()));
  }
  return {
    locate,
    async isReplaced(endpoint) {
      return !("host" in endpoint) || nodeText(await locate()) !== nodeText(endpoint);
    },
    close() {
      closed = true;
      runtime.clearTimer(timer);
      return rest();
    },
  };
}

/** Of a list of names and values by turns. */
function epochIn(told: unknown): number {
  const words = Array.isArray(told) ? told : [];
  const epoch = Number(words[words.indexOf("config-epoch") + 1]);
  return Number.isInteger(epoch) ? epoch : 0;
}

/** Of what was asked by a command, what the Sentinel itself has said. */
function reasonOf(error: unknown): string {
  const reason = error instanceof Error ? (error.cause ?? error) : error;
  return reason instanceof Error ? reason.message : String(reason);
}
