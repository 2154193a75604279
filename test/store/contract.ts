/** What every home of the store port must do, said once. A home that cannot be run here gives the reason. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { counter } from "../support/machines.ts";
import { gateContract, HOSTILE, type Home, type HomeOf } from "./gate-contract.ts";
import { pushContract } from "./push-contract.ts";

export function storeContract(name: string, open: () => Promise<Home>, skipReason?: string): void {
  describe.skipIf(skipReason !== undefined)(`the store contract: ${name} ${skipReason ?? ""}`, () => {
    let home: Home;
    beforeAll(async () => {
      home = await open();
    });
    afterAll(() => home?.close());
    gateContract(() => home);
    pushContract(() => home);
    smallerThings(() => home);
  });
}

function smallerThings(home: HomeOf): void {
  test("any other machine is atomic too", async () => {
    const { store } = home();
    await Promise.all(Array.from({ length: 8 }, async () => store.transact(counter, "counter", 1)));
    expect((await store.transact(counter, "counter", 0)).sum).toBe(8);
  });

  test("a small value has an age, comes back as it was, and expires", async () => {
    const { store, passes } = home();
    const { kv } = store;
    expect(await kv.get("nothing")).toBeNull();
    await kv.set("value", HOSTILE, 400);
    await passes(50);
    const entry = await kv.get("value");
    expect(entry?.value).toBe(HOSTILE);
    expect(entry?.ageMs).toBeGreaterThanOrEqual(49);
    expect(entry?.ageMs).toBeLessThan(400);
    await passes(400);
    expect(await kv.get("value")).toBeNull();
  });

  test("a log grows only for who has seen its end", async () => {
    const { log } = home().store;
    const writers = await Promise.all(Array.from({ length: 8 }, async (_, n) => log.append("audit", `first ${n}`, 0)));
    expect(writers.filter(({ appended }) => appended)).toEqual([{ appended: true, head: 1 }]);
    expect(await log.append("audit", HOSTILE, 1)).toEqual({ appended: true, head: 2 });
    expect((await log.read("audit", 3, 10)).map(({ position }) => position)).toEqual([2, 1]);
    expect((await log.read("audit", 3, 1))[0]?.record).toBe(HOSTILE);
    expect((await log.read("audit", 2, 10)).map(({ position }) => position)).toEqual([1]);
    expect(await log.read("other", 9, 10)).toEqual([]);
  });
}
