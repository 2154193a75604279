/**
 * Names in the order of a score, and of the name where scores are equal: what a sorted set of Redis is. Kept in chunks,
 * so that a change costs hardly more among ten thousand than among ten.
 */

interface Entry {
  readonly score: number;
  readonly name: string;
}

const LARGEST_CHUNK = 256;

export class Ranking {
  /** Sorted, in themselves and among each other; none but the first is ever empty. */
  #chunks: Entry[][] = [[]];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** How many stand before it. */
  placeOf(score: number, name: string): number {
    const at = this.#chunkOf(score, name);
    let place = placeIn(this.#chunks[at] ?? [], score, name);
    for (let before = 0; before < at; before++) place += this.#chunks[before]?.length ?? 0;
    return place;
  }

  add(score: number, name: string): void {
    const at = this.#chunkOf(score, name);
    const chunk = this.#chunks[at] as Entry[];
    chunk.splice(placeIn(chunk, score, name), 0, { score, name });
    if (chunk.length > LARGEST_CHUNK) this.#chunks.splice(at + 1, 0, chunk.splice(LARGEST_CHUNK / 2));
    this.#size += 1;
  }

  /** Does nothing where it is not there with that score. */
  remove(score: number, name: string): void {
    const at = this.#chunkOf(score, name);
    const chunk = this.#chunks[at] as Entry[];
    const place = placeIn(chunk, score, name);
    const entry = chunk[place];
    if (entry?.name !== name || entry.score !== score) return;
    chunk.splice(place, 1);
    if (chunk.length === 0 && this.#chunks.length > 1) this.#chunks.splice(at, 1);
    this.#size -= 1;
  }

  first(count: number): readonly string[] {
    return this.#upTo(count, Number.POSITIVE_INFINITY);
  }

  /** Those whose score is at most that. */
  until(score: number): readonly string[] {
    return this.#upTo(this.#size, score);
  }

  /** The last one first. */
  last(count: number): readonly string[] {
    const names: string[] = [];
    for (let at = this.#chunks.length - 1; at >= 0 && names.length < count; at--) {
      const chunk = this.#chunks[at] ?? [];
      for (let place = chunk.length - 1; place >= 0 && names.length < count; place--) {
        names.push(chunk[place]?.name as string);
      }
    }
    return names;
  }

  clear(): void {
    this.#chunks = [[]];
    this.#size = 0;
  }

  #upTo(count: number, score: number): readonly string[] {
    const names: string[] = [];
    for (const chunk of this.#chunks) {
      for (const entry of chunk) {
        if (names.length >= count || entry.score > score) return names;
        names.push(entry.name);
      }
    }
    return names;
  }

  /** The last chunk that begins at or before it. */
  #chunkOf(score: number, name: string): number {
    let [low, high] = [0, this.#chunks.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (isBefore(score, name, this.#chunks[middle]?.[0] as Entry)) high = middle - 1;
      else low = middle;
    }
    return low;
  }
}

const isBefore = (score: number, name: string, other: Entry): boolean =>
  score < other.score || (score === other.score && name < other.name);

function placeIn(chunk: readonly Entry[], score: number, name: string): number {
  let [low, high] = [0, chunk.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = chunk[middle] as Entry;
    if (entry.score < score || (entry.score === score && entry.name < name)) low = middle + 1;
    else high = middle;
  }
  return low;
}
