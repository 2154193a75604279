/** What is kept, with anything in the place of the entries that it is kept in. */
import { expect, test } from "vitest";
import type { KeepHome } from "../../lib/kept/port.ts";
import { storeClock } from "../../lib/store/deno-kv/clock.ts";
import { openKv } from "../../lib/store/deno-kv/values.ts";
import { durableObject } from "../../lib/store/durable-object/durable-object.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { chance, spoilt } from "../store/spoilt.ts";
import { fakeKv } from "../support/fake-kv.ts";
import { fakeObjects } from "../support/fake-object.ts";

const ROUNDS = 200;

interface Spoilable {
  readonly home: KeepHome;
  spoil(random: () => number): void;
}

function denoHome(): Spoilable {
  const kv = fakeKv();
  const runtime = manualRuntime();
  const connect = Object.assign(async () => kv, { close: async () => {} });
  return {
    home: openKv({ connect, clock: storeClock(runtime), runtime }),
    spoil: (random) => {
      const keys = kv.keys();
      kv.put(keys[Math.floor(random() * keys.length)] ?? [], (value) => spoilt(value, random));
    },
  };
}

function objectHome(): Spoilable {
  const objects = fakeObjects();
  const runtime = manualRuntime();
  return {
    home: durableObject(objects.binding(runtime)).open(runtime).kv,
    spoil: (random) => {
      const rows = [...objects.entries.values()][0] ?? new Map<string, unknown>();
      const names = [...rows.keys()];
      const name = names[Math.floor(random() * names.length)] ?? "";
      rows.set(name, spoilt(rows.get(name), random));
    },
  };
}

test.each([
  ["Deno KV", denoHome, 150_000],
  ["a Durable Object", objectHome, 1_500_000],
])(
  "a long value in %s of which anything was changed is a text or none, and never an error",
  async (_, homeOf, length) => {
    const value = "x".repeat(length);
    for (let seed = 1; seed <= ROUNDS; seed++) {
      const random = chance(seed);
      const { home, spoil } = homeOf();
      await home.set("k", value, 60_000);
      spoil(random);
      const found = await home.get("k");
      if (found) expect([typeof found.value, found.ageMs >= 0], `seed ${seed}`).toEqual(["string", true]);
      await home.set("k", value, 60_000);
      const again = await home.get("k");
      expect(again === null || again.value === value, `seed ${seed}`).toBe(true);
    }
  },
);
