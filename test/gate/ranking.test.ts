import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Ranking } from "../../lib/gate/ranking.ts";

type Entry = readonly [score: number, name: string];
type Action = { readonly add: Entry } | { readonly remove: number } | { readonly clear: true };

/** A plain sorted list. */
class Plain {
  entries: Entry[] = [];
  get names() {
    const sorted = this.entries.toSorted(([one, a], [other, b]) => one - other || (a < b ? -1 : 1));
    return sorted.map(([, name]) => name);
  }
}
/** Few scores, so that many are equal. */
const entry = fc.tuple(fc.integer({ min: 0, max: 40 }), fc.string({ minLength: 1, maxLength: 3 }));
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ add: entry }) },
  { weight: 6, arbitrary: fc.record({ remove: fc.nat() }) },
  { weight: 1, arbitrary: fc.constant({ clear: true as const }) },
);

function act(ranking: Ranking, plain: Plain, one: Action): void {
  if ("clear" in one) {
    ranking.clear();
    plain.entries = [];
  } else if ("remove" in one) {
    const [gone] = plain.entries.splice(one.remove % Math.max(1, plain.entries.length), 1);
    if (gone) ranking.remove(...gone);
  } else if (!plain.entries.some(([, name]) => name === one.add[1])) {
    ranking.add(...one.add);
    plain.entries.push(one.add);
  }
}
function compare(ranking: Ranking, plain: Plain): void {
  const { names, entries } = plain;
  expect(ranking.size).toBe(names.length);
  expect(ranking.first(names.length + 1)).toEqual(names);
  expect(ranking.first(3)).toEqual(names.slice(0, 3));
  expect(ranking.last(4)).toEqual(names.toReversed().slice(0, 4));
  for (const score of [-1, 7, 20, 40]) {
    expect(ranking.until(score)).toEqual(names.slice(0, entries.filter(([other]) => other <= score).length));
  }
  for (const [score, name] of entries.slice(0, 20)) expect(ranking.placeOf(score, name)).toBe(names.indexOf(name));
}

describe("a ranking", () => {
  test("is what a sorted list is, whatever is added and removed", () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 120 }), (actions) => {
        const [ranking, plain] = [new Ranking(), new Plain()];
        for (const one of actions) act(ranking, plain, one);
        compare(ranking, plain);
      }),
      { seed: 8 },
    );
  });

  test("is that among thousands too, while it grows, shrinks to nothing and grows again", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 9_999 }), { minLength: 2_500, maxLength: 2_500 }), (numbers) => {
        const [ranking, plain] = [new Ranking(), new Plain()];
        const add = (many: readonly number[]) => {
          for (const [at, number] of many.entries()) act(ranking, plain, { add: [number % 40, `${number}-${at}`] });
        };
        add(numbers);
        compare(ranking, plain);
        for (const number of numbers.slice(0, 1_900)) act(ranking, plain, { remove: number });
        compare(ranking, plain);
        while (plain.entries.length > 0) act(ranking, plain, { remove: 0 });
        compare(ranking, plain);
        add(numbers.slice(0, 600));
        compare(ranking, plain);
      }),
      { seed: 8, numRuns: 3 },
    );
  });

  test("removes nobody who is not there with that score", () => {
    const ranking = new Ranking();
    ranking.remove(1, "a");
    for (const [score, name] of [
      [1, "a"],
      [2, "b"],
    ] as const) {
      ranking.add(score, name);
    }
    for (const [score, name] of [
      [2, "a"],
      [1, "b"],
      [3, "b"],
      [1, "c"],
    ] as const) {
      ranking.remove(score, name);
    }
    expect(ranking.first(9)).toEqual(["a", "b"]);
    expect(ranking.size).toBe(2);
  });

  test("tells the place of who is not there: how many stand before", () => {
    const ranking = new Ranking();
    for (let n = 0; n < 1_000; n++) ranking.add(n, `n${n}`);
    expect([-1, 0, 499, 500, 5_000].map((score) => ranking.placeOf(score, ""))).toEqual([0, 0, 499, 500, 1_000]);
  });
});
