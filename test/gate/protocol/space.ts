/**
 * The states of a protocol as numbers. A fleet is one part for each instance (what it knows, what the store knows of it,
 * and its messages on their way) beside what all share. A part sees of the others only the sum of their claims: so what
 * a part may do is worked out once.
 */

export interface Change<Shared, Part> {
  readonly what: string;
  readonly part: Part;
  /** Where it changes for all. */
  readonly shared?: Shared;
}

export interface Event<Shared, Part> {
  readonly what: string;
  readonly shared: Shared;
  readonly each: (part: Part) => Part;
}

export interface Protocol<Shared, Part> {
  readonly instances: number;
  readonly shared: Shared;
  readonly part: Part;
  /** What it takes from the room of the others. */
  readonly claim: (part: Part) => number;
  readonly changes: (part: Part, claimedByOthers: number, shared: Shared) => readonly Change<Shared, Part>[];
  /** What happens to the store, and so to every part. */
  readonly events?: (shared: Shared) => readonly Event<Shared, Part>[];
  /** What is wrong with a state; null where nothing is. */
  readonly wrong: (parts: readonly Part[], shared: Shared) => string | null;
  /** Everything is free. It must stay within reach of every state. */
  readonly isFree: (part: Part) => boolean;
  /** What must be seen somewhere, or the model allows less than the protocol. */
  readonly sights: Readonly<Record<string, (parts: readonly Part[], shared: Shared) => boolean>>;
}

const MOST_PARTS = 2 ** 16;
const MOST_CLAIMED = 64;

/** Everything that occurs gets a number. */
class Numbered<Thing> {
  readonly #numbers = new Map<string, number>();
  readonly #things: Thing[] = [];

  of(thing: Thing): number {
    const key = JSON.stringify(thing);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    if (this.#things.length >= MOST_PARTS) throw new Error(`number parts: at most ${MOST_PARTS}, found more`);
    this.#numbers.set(key, this.#things.length);
    return this.#things.push(thing) - 1;
  }

  thing(number: number): Thing {
    return this.#things[number] as Thing;
  }
}

interface Local {
  readonly what: string;
  readonly shared: number;
  readonly part: number;
}

interface Common<Part> {
  readonly what: string;
  readonly shared: number;
  readonly each: (part: Part) => Part;
}

/**
 * Is told of a step: where it leads, whose it is by its place among the parts (null: the store's), and the parts after it
 * in that order, in an array that is used again. True ends the walk.
 */
export type Visit = (to: number, what: string, place: number | null, parts: readonly number[]) => boolean;

export class Space<Shared, Part> {
  readonly #protocol: Protocol<Shared, Part>;
  readonly #parts = new Numbered<Part>();
  readonly #shared = new Numbered<Shared>();
  /** By what is shared and claimed, then by part. */
  readonly #locals: (readonly Local[])[][] = [];
  readonly #events: (readonly Common<Part>[])[] = [];
  readonly #claims: number[] = [];
  readonly #sorted: number[] = [];

  constructor(protocol: Protocol<Shared, Part>) {
    this.#protocol = protocol;
  }

  start(): number {
    const { instances, part, shared } = this.#protocol;
    return this.key(this.#shared.of(shared), Array<number>(instances).fill(this.#parts.of(part)));
  }

  /** Instances have no names: in whichever order, it is the same state. */
  key(shared: number, parts: readonly number[]): number {
    const sorted = this.#sorted;
    for (let place = 0; place < parts.length; place++) {
      const part = parts[place] as number;
      let to = place;
      for (; to > 0 && (sorted[to - 1] as number) > part; to--) sorted[to] = sorted[to - 1] as number;
      sorted[to] = part;
    }
    let key = shared;
    for (let place = 0; place < parts.length; place++) key = key * MOST_PARTS + (sorted[place] as number);
    return key;
  }

  read(key: number): { readonly shared: number; readonly parts: number[] } {
    const parts: number[] = Array(this.#protocol.instances).fill(0);
    let rest = key;
    for (let place = parts.length - 1; place >= 0; place--) {
      parts[place] = rest % MOST_PARTS;
      rest = Math.floor(rest / MOST_PARTS);
    }
    return { shared: rest, parts };
  }

  things(key: number): { readonly shared: Shared; readonly parts: readonly Part[] } {
    const { shared, parts } = this.read(key);
    return { shared: this.#shared.thing(shared), parts: parts.map((part) => this.#parts.thing(part)) };
  }

  moves(key: number, visit: Visit): boolean {
    const { shared, parts } = this.read(key);
    let all = 0;
    for (const part of parts) all += this.#claim(part);
    for (let place = 0; place < parts.length; place++) {
      const part = parts[place] as number;
      if (place > 0 && part === parts[place - 1]) continue;
      for (const { what, shared: to, part: changed } of this.#local(shared, part, all - this.#claim(part))) {
        parts[place] = changed;
        if (visit(this.key(to, parts), what, place, parts)) return true;
      }
      parts[place] = part;
    }
    for (const { what, shared: to, each } of this.#common(shared)) {
      const changed = parts.map((part) => this.#parts.of(each(this.#parts.thing(part))));
      if (visit(this.key(to, changed), what, null, changed)) return true;
    }
    return false;
  }

  #claim(part: number): number {
    this.#claims[part] ??= this.#protocol.claim(this.#parts.thing(part));
    return this.#claims[part] as number;
  }

  #local(shared: number, part: number, claimed: number): readonly Local[] {
    this.#locals[shared * MOST_CLAIMED + claimed] ??= [];
    const locals = this.#locals[shared * MOST_CLAIMED + claimed] as (readonly Local[])[];
    const known = locals[part];
    if (known) return known;
    const changes = this.#protocol.changes(this.#parts.thing(part), claimed, this.#shared.thing(shared));
    const local = changes.map(({ what, part: changed, shared: to }) => ({
      what,
      shared: to === undefined ? shared : this.#shared.of(to),
      part: this.#parts.of(changed),
    }));
    locals[part] = local;
    return local;
  }

  #common(shared: number): readonly Common<Part>[] {
    this.#events[shared] ??= (this.#protocol.events?.(this.#shared.thing(shared)) ?? []).map((event) => ({
      ...event,
      shared: this.#shared.of(event.shared),
    }));
    return this.#events[shared];
  }
}
