/** Which server of a cluster has which slots, as the cluster says, and as its servers have corrected it since. */
import { nodeText, type RedisNode } from "../../redis-url.ts";
import type { Runtime, Timer } from "../../runtime.ts";
import { withDeadline } from "../../time.ts";
import { type Commands, failure } from "./commands.ts";
import type { RedisSettings } from "./settings.ts";
import { type Address, type Redirection, readSlots, type SlotMap } from "./slots.ts";

/** For a server to say who has which slots. */
const ANSWER_MS = 500;
/** Between two questions about the slots. */
const PAUSE_MS = 100;
/** So many servers are asked about them at a time. */
const MOST_ASKED = 4;
/** Between two while somebody who has slots is away, at most. */
const LONGEST_PAUSE_MS = 300;
/** Who has asked for nothing so long has no need to know. */
const ASKED_MS = 2_000;
const NO_CLUSTER = /cluster support disabled/i;

export interface Topology {
  /** Who has the slot; undefined where nobody has said so. Asks, where what is known may be wrong. */
  ownerOf(slot: number): Promise<Address | undefined>;
  /** One server after the other, of those that are known, the lost ones last. */
  inTurn(): readonly Address[];
  /** A server has said that another has the slot. */
  corrected(by: Redirection): void;
  /** Something went wrong: others may have taken over. */
  doubt(): void;
  close(): void;
}

export interface TopologyOptions {
  readonly settings: RedisSettings;
  readonly seeds: readonly RedisNode[];
  readonly runtime: Runtime;
  readonly serverAt: (address: Address) => Commands;
  /** It was lost, or is silent. */
  readonly isAway: (address: Address) => boolean;
  /** These have slots, and nobody else; some of them since just now. */
  readonly drawn: (owners: ReadonlySet<Address>, newcomers: readonly Address[]) => void;
}

interface Drawn {
  readonly map: SlotMap;
  /** How many who have slots in it are away. */
  readonly away: number;
}

const NOTHING: SlotMap = { ranges: [], nodes: [] };
const ownersIn = ({ ranges }: SlotMap): ReadonlySet<Address> => new Set(ranges.map(({ owner }) => owner));

export function createTopology(options: TopologyOptions): Topology {
  const { seeds, runtime, isAway, drawn } = options;
  let map = NOTHING;
  const moved = new Map<number, Address>();
  let isDoubtful = true;
  let drawnAt = Number.NEGATIVE_INFINITY;
  let drawing: Promise<void> | null = null;
  /** Since when somebody who has slots has been away. */
  let doubtedAt: number | null = null;
  let askedAt = Number.NEGATIVE_INFINITY;
  let timer: Timer;
  let turn = 0;

  const known = (slot: number): Address | undefined =>
    moved.get(slot) ?? map.ranges.find(({ from, to }) => from <= slot && slot <= to)?.owner;
  function inTurn(): readonly Address[] {
    const all = [...new Set([...seeds.map(nodeText), ...map.nodes])];
    const from = turn++ % all.length;
    const rotated = [...all.slice(from), ...all.slice(0, from)];
    return [...rotated.filter((address) => !isAway(address)), ...rotated.filter(isAway)];
  }
  async function draw(): Promise<void> {
    const drew = await bestOf(inTurn().slice(0, MOST_ASKED), options);
    drawnAt = runtime.monotonicMs();
    // Who may not ask for it is led by redirections alone.
    if (drew.map === NOTHING) return;
    const before = ownersIn(map);
    const owners = ownersIn(drew.map);
    map = drew.map;
    moved.clear();
    isDoubtful = drew.away > 0;
    drawn(owners, before.size === 0 ? [] : [...owners].filter((owner) => !before.has(owner)));
    if (isDoubtful) drawAgain();
    else doubtedAt = null;
  }
  /** Whoever takes over is to be known when it is next needed. Ever more seldom, and only while somebody asks. */
  function drawAgain(): void {
    const now = runtime.monotonicMs();
    doubtedAt ??= now;
    if (now - askedAt > ASKED_MS) return;
    runtime.clearTimer(timer);
    const pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(PAUSE_MS, (now - doubtedAt) / 10));
    timer = runtime.setTimer(() => void renewed()?.catch(() => {}), pauseMs);
  }
  function renewed(): Promise<void> | null {
    const isDue = map === NOTHING || runtime.monotonicMs() - drawnAt >= PAUSE_MS;
    if (isDue)
      drawing ??= draw().finally(() => {
        drawing = null;
      });
    return drawing;
  }
  return {
    async ownerOf(slot) {
      askedAt = runtime.monotonicMs();
      const owner = known(slot);
      if (!isDoubtful && owner !== undefined && !isAway(owner)) return owner;
      await renewed();
      return known(slot);
    },
    inTurn,
    corrected: ({ slot, to }) => void moved.set(slot, to),
    doubt() {
      isDoubtful = true;
    },
    close() {
      askedAt = Number.NEGATIVE_INFINITY;
      runtime.clearTimer(timer);
    },
  };
}

/** Of several answers the one that names the fewest who are away: who is cut off from the rest does not know better. */
function bestOf(addresses: readonly Address[], options: TopologyOptions): Promise<Drawn> {
  const found = Promise.withResolvers<Drawn>();
  let [map, fewest]: [SlotMap, number] = [NOTHING, Number.POSITIVE_INFINITY];
  const heard = async (address: Address) => {
    const told = await slotsAt(address, options);
    // Several that know nothing of each other would each keep a gate.
    if (told instanceof Error && NO_CLUSTER.test(told.message)) {
      found.reject(failure(options.settings, "reach it", `${address} is no cluster: write redis://HOST:PORT`));
    }
    if (told instanceof Error || told.ranges.length === 0) return;
    const away = [...ownersIn(told)].filter(options.isAway).length;
    if (away < fewest) [map, fewest] = [told, away];
    if (away === 0) found.resolve({ map, away });
  };
  void Promise.all(addresses.map(heard)).then(() => found.resolve({ map, away: fewest }));
  return found.promise;
}

async function slotsAt(address: Address, { runtime, serverAt }: TopologyOptions): Promise<SlotMap | Error> {
  const refuse = () => new Error(`no answer within ${ANSWER_MS} ms`);
  try {
    const asked = serverAt(address).tell(["CLUSTER", "SLOTS"]);
    return readSlots(await withDeadline(asked, { ms: ANSWER_MS, runtime, refuse }), address);
  } catch (error) {
    return error as Error;
  }
}
