/** Spoiling what a store has kept, by a seed. */

/** Numbers from 0 up to 1, the same for the same seed. */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const WEIRD: readonly unknown[] = [
  null,
  undefined,
  Number.NaN,
  9e15,
  1e300,
  -1,
  0.5,
  "",
  "x",
  true,
  [],
  {},
  [null],
  [7],
];

const pick = <Value>(from: readonly Value[], random: () => number): Value =>
  from[Math.floor(random() * from.length)] as Value;

/** The same with one of its parts, however deep, replaced or removed; of bytes that are JSON, a part of that. */
export function spoilt(value: unknown, random: () => number): unknown {
  if (value instanceof Uint8Array) return spoiltBytes(value, random);
  if (typeof value === "string") return spoiltText(value, random);
  if (typeof value !== "object" || value === null || random() < 0.15) return pick(WEIRD, random);
  const names = Object.keys(value);
  if (names.length === 0) return pick(WEIRD, random);
  const name = pick(names, random);
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
  if (random() < 0.1) delete copy[name];
  else copy[name] = spoilt(copy[name], random);
  return copy;
}

function spoiltText(text: string, random: () => number): unknown {
  const found = parsed(text);
  if (typeof found === "object" && found !== null && random() < 0.7) {
    // What JSON does not know is written as a number that is too large for anything.
    return JSON.stringify(spoilt(found, random), (_, part) => (Number.isNaN(part) ? 9e15 : part)) ?? "";
  }
  if (random() < 0.3) return pick(WEIRD, random);
  const at = Math.floor(random() * text.length);
  return random() < 0.5 ? text.slice(0, at) : `${text.slice(0, at)}\u0000${text.slice(at + 1)}`;
}

function spoiltBytes(bytes: Uint8Array, random: () => number): unknown {
  if (random() < 0.1) return pick(WEIRD, random);
  if (random() < 0.7) return new TextEncoder().encode(String(spoiltText(new TextDecoder().decode(bytes), random)));
  const copy = bytes.slice(0, random() < 0.3 ? Math.floor(random() * bytes.length) : bytes.length);
  if (copy.length > 0) copy[Math.floor(random() * copy.length)] = 0xff;
  return copy;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
