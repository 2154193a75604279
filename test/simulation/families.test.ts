/**
 * What must hold whatever befalls a fleet, in four families of short runs. `TIDEGATE_SEED` begins elsewhere,
 * `TIDEGATE_FULL=1` runs 300 seeds; `npm run simulate -- --scenario families --seed N --seeds 1` shows one of them.
 */
import { describe, expect, test } from "vitest";
import { FAMILIES, type Family, runFamily } from "./families.ts";

const first = Number(process.env.TIDEGATE_SEED ?? 1);
const seeds = process.env.TIDEGATE_FULL === "1" ? 75 : 2;

/** As they are told in a list of failures. */
const TITLES: Readonly<Record<Family, string>> = {
  calm: "a calm fleet whose database dies",
  network: "a fleet in a bad network, of processes that stand still, die or leave",
  wiped: "a fleet whose store loses all that it knew",
  away: "a fleet whose store does not answer",
};

describe.each(FAMILIES)("%s", (family) => {
  test.each(Array.from({ length: seeds }, (_, at) => first + at))(
    `${TITLES[family]} keeps every bound and comes back, seed %i`,
    async (seed) => {
      expect((await runFamily(family, seed)).faults).toEqual([]);
    },
  );
});
