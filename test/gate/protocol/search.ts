/** Walks every state that a protocol can reach, the nearest first, so that what is wrong is told by the shortest way. */
import { type Protocol, Space } from "./space.ts";

export interface Found {
  readonly states: number;
  /** What is wrong and the way there, a step a line. */
  readonly broken: string | null;
  /** Sights that were seen nowhere. */
  readonly unseen: readonly string[];
}

/** Numbers in the order in which they came: each is found again by hashing, without an object of its own. */
class Places {
  #keys = new Float64Array(1 << 16);
  #slots = new Int32Array(1 << 17);
  size = 0;

  key(place: number): number {
    return this.#keys[place] as number;
  }

  /** @returns Its place; a new one is the last. */
  of(key: number): number {
    const slot = this.#slotOf(key);
    const known = this.#slots[slot] as number;
    if (known > 0) return known - 1;
    if (this.size === this.#keys.length) {
      this.#grow();
      return this.of(key);
    }
    this.#keys[this.size] = key;
    this.#slots[slot] = ++this.size;
    return this.size - 1;
  }

  #slotOf(key: number): number {
    const mask = this.#slots.length - 1;
    const mixed = Math.imul(Math.imul(key % 2 ** 32, 0x9e3779b1) ^ (key / 2 ** 32), 0x85ebca6b);
    let slot = (mixed ^ (mixed >>> 15)) & mask;
    while (this.#slots[slot] !== 0 && this.key((this.#slots[slot] as number) - 1) !== key) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const keys = new Float64Array(this.#keys.length * 2);
    keys.set(this.#keys);
    this.#keys = keys;
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let place = 0; place < this.size; place++) this.#slots[this.#slotOf(this.key(place))] = place + 1;
  }
}

/**
 * @param mostStates More are an error: nothing is left out silently.
 * @throws Error where there are more.
 */
export function search<Shared, Part>(protocol: Protocol<Shared, Part>, mostStates: number): Found {
  const space = new Space(protocol);
  const places = new Places();
  places.of(space.start());
  const parents = [-1];
  const unseen = new Map(Object.entries(protocol.sights));
  const found = (broken: string | null): Found => ({ states: places.size, broken, unseen: [...unseen.keys()] });
  for (let at = 0; at < places.size; at++) {
    const { shared, parts } = space.things(places.key(at));
    const wrong = protocol.wrong(parts, shared);
    if (wrong !== null) return found(`${wrong}\n${wayTo(space, places, parents, at)}`);
    for (const [name, isSeen] of unseen) if (isSeen(parts, shared)) unseen.delete(name);
    space.moves(places.key(at), (key) => {
      const to = places.of(key);
      if (to === parents.length) parents.push(at);
      return false;
    });
    if (places.size > mostStates) throw new Error(`search: at most ${mostStates} states, found ${places.size}`);
  }
  const lost = firstWithoutWay(protocol, space, places);
  return found(lost === null ? null : `a permit is lost for good\n${wayTo(space, places, parents, lost)}`);
}

/** The first state from which no way leads to one in which everything is free. */
function firstWithoutWay<Shared, Part>(
  { isFree }: Protocol<Shared, Part>,
  space: Space<Shared, Part>,
  places: Places,
): number | null {
  const leads = new Uint8Array(places.size);
  let left: number[] = [];
  for (let at = 0; at < places.size; at++) {
    if (space.things(places.key(at)).parts.every(isFree)) leads[at] = 1;
    else left.push(at);
  }
  for (let before = left.length + 1; left.length < before; ) {
    before = left.length;
    left = left.filter((at) => {
      const does = space.moves(places.key(at), (to) => leads[places.of(to)] === 1);
      if (does) leads[at] = 1;
      return !does;
    });
  }
  return left[0] ?? null;
}

/** States do not tell instances apart; a way does. */
function wayTo<Shared, Part>(
  space: Space<Shared, Part>,
  places: Places,
  parents: readonly number[],
  to: number,
): string {
  const way = [to];
  for (let at = parents[to] as number; at >= 0; at = parents[at] as number) way.unshift(at);
  let names = ["A", "B", "C"];
  const steps: string[] = [];
  for (const [index, at] of way.slice(1).entries()) {
    space.moves(places.key(way[index] as number), (key, what, place, parts) => {
      if (key !== places.key(at)) return false;
      steps.push(`  ${place === null ? "the store" : names[place]}: ${what}`);
      const order = parts.map((part, moved) => ({ part, name: names[moved] as string }));
      names = order.sort((one, other) => one.part - other.part).map(({ name }) => name);
      return true;
    });
  }
  return steps.join("\n");
}
