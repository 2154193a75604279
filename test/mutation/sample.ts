/** Some of many, the same ones for the same seed. */
export function sampled<T>(all: readonly T[], most: number, seed: number): T[] {
  const left = [...all];
  let state = seed;
  // mulberry32: short, and good enough to choose with.
  const chance = () => {
    state = (state + 0x6d2b79f5) | 0;
    const mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    const again = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((again ^ (again >>> 14)) >>> 0) / 2 ** 32;
  };
  const chosen: T[] = [];
  while (chosen.length < most && left.length > 0) {
    chosen.push(...left.splice(Math.floor(chance() * left.length), 1));
  }
  return chosen;
}
