/** Virtual time: events in the order of their moments, and the promises between them. */

export interface Event {
  readonly at: number;
  readonly order: number;
  readonly task: () => void;
  dead: boolean;
}

/** The wall clock when a run begins. */
export const START: number = Date.UTC(2026, 0, 1);
/** Turns of the microtask queue after each event: as many as the longest chain of promises between two timers. */
const TURNS = 6;

export class VirtualClock {
  readonly #heap: Event[] = [];
  #order = 0;
  #now = 0;
  #chance: number;

  /** @param seed The same seed gives the same run. */
  constructor(seed: number) {
    this.#chance = (seed * 7_919 + 13) | 0;
  }

  get now(): number {
    return this.#now;
  }

  /** Uniform in [0, 1): mulberry32. */
  random(): number {
    this.#chance = (this.#chance + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#chance ^ (this.#chance >>> 15), 1 | this.#chance);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  between(least: number, most: number): number {
    return least + this.random() * (most - least);
  }

  exponential(mean: number): number {
    return -Math.log(1 - this.random()) * mean;
  }

  happens(chance: number): boolean {
    return chance > 0 && this.random() < chance;
  }

  at(moment: number, task: () => void): Event {
    const event = { at: Math.max(moment, this.#now), order: this.#order++, task, dead: false };
    const heap = this.#heap;
    heap.push(event);
    for (let child = heap.length - 1; child > 0; ) {
      const parent = (child - 1) >> 1;
      if (!isBefore(heap[child] as Event, heap[parent] as Event)) break;
      swap(heap, child, parent);
      child = parent;
    }
    return event;
  }

  after(ms: number, task: () => void): Event {
    return this.at(this.#now + ms, task);
  }

  async runUntil(moment: number): Promise<void> {
    for (let next = this.#heap[0]; next && next.at <= moment; next = this.#heap[0]) {
      this.#pop();
      if (next.dead) continue;
      this.#now = next.at;
      next.task();
      for (let turn = 0; turn < TURNS; turn++) await null;
    }
    this.#now = moment;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Event;
    if (heap.length === 0) return;
    heap[0] = last;
    for (let parent = 0; ; ) {
      let least = parent;
      for (const child of [2 * parent + 1, 2 * parent + 2]) {
        if (child < heap.length && isBefore(heap[child] as Event, heap[least] as Event)) least = child;
      }
      if (least === parent) return;
      swap(heap, parent, least);
      parent = least;
    }
  }
}

const isBefore = (one: Event, other: Event): boolean =>
  one.at < other.at || (one.at === other.at && one.order < other.order);

function swap(heap: Event[], one: number, other: number): void {
  const kept = heap[one] as Event;
  heap[one] = heap[other] as Event;
  heap[other] = kept;
}
