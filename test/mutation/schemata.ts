/**
 * All mutants of a file in one text, each behind a switch, so that the copy is written and compiled once:
 * `a < b` becomes `(__mutant(7) ? ((a) <= (b)) : (a < b))`.
 */
import type { Mutant } from "./mutants.ts";

/** The one that is switched on, or `EVERY_HIT` to learn which are reached at all. */
export const SWITCH = "TIDEGATE_MUTANT";
export const EVERY_HIT = "hits";

/** Read once for each process and found by every copy of a module; where there is no `process`, none is switched on. */
const DOOR = `const __mutant = (globalThis.__tidegateMutant ??= ((on) => {
  if (on === "${EVERY_HIT}") return (n) => ((globalThis.__tidegateHits ??= new Set()).add(n), false);
  const chosen = Number(on ?? Number.NaN);
  return (n) => n === chosen;
})(globalThis.process?.env?.${SWITCH}));`.replace(/\s*\n\s*/g, " ");

/** @param mutants Of this text, with their numbers. They lie inside each other or apart. */
export function withMutants(text: string, mutants: readonly (readonly [number: number, mutant: Mutant])[]): string {
  const places = Map.groupBy(mutants, ([, { start, end }]) => `${start}-${end}`);
  const ordered = [...places.values()].sort(([one], [other]) => {
    if (!one || !other) return 0;
    return one[1].start - other[1].start || other[1].end - one[1].end;
  });
  let next = 0;
  const write = (start: number, end: number): string => {
    let written = "";
    let at = start;
    for (let place = ordered[next]; place?.[0] && place[0][1].end <= end; place = ordered[next]) {
      next++;
      const [, { start: from, end: to }] = place[0];
      const switches = place.map(([number, mutant]) => `__mutant(${number}) ? (${mutant.to}) : `).join("");
      written += `${text.slice(at, from)}(${switches}(${write(from, to)}))`;
      at = to;
    }
    return written + text.slice(at, end);
  };
  const head = /^#!.*\n/.exec(text)?.[0] ?? "";
  return `${head}${DOOR} ${write(0, text.length).slice(head.length)}`;
}
