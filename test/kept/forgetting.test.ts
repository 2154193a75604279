import { expect, test } from "vitest";
import { createForgetting, type ForgettingState, forgettingMachine } from "../../lib/kept/forgetting.ts";
import type { Store } from "../../lib/store/port.ts";
import { manualRuntime } from "../../lib/testing/testing.ts";
import { sleep } from "../../lib/time.ts";

/** A store that what is said reaches late, and looks at once. */
function lateStore(lateMs: number) {
  const runtime = manualRuntime();
  const state: ForgettingState = forgettingMachine.empty();
  const transact = async (machine: typeof forgettingMachine, _: string, message: { readonly kind: string }) => {
    if (message.kind === "forget") await sleep(runtime, lateMs);
    return structuredClone(machine.step(state, message as never, runtime.wallMs()));
  };
  return { runtime, store: { transact } as unknown as Store };
}

const entry = { key: "stock", tags: [], takenMs: 0, content: "7" };

test("what is said holds at once where it was said, though a look that began after it was answered before it", async () => {
  const { runtime, store } = lateStore(1_000);
  let told = 0;
  const forgetting = createForgetting({ store, key: "forgetting", forgotten: () => void told++, runtime });
  const said = forgetting.say({ key: "stock" });
  await runtime.advance(500);
  await forgetting.look();
  expect(forgetting.isForgotten(entry, 2_000)).toBe(false);
  const before = told;
  await runtime.advance(500);
  await said;
  expect(forgetting.isForgotten(entry, 2_000)).toBe(true);
  expect(told).toBe(before + 1);
  await runtime.advance(300);
  expect(forgetting.isForgotten(entry, 200)).toBe(false);
  expect(forgetting.isForgotten(entry, 400)).toBe(true);
});

test("what another says again is heeded again, and what is at hand is looked through for what is news alone", async () => {
  const { runtime, store } = lateStore(0);
  let told = 0;
  const here = createForgetting({ store, key: "forgetting", forgotten: () => void told++, runtime });
  const elsewhere = createForgetting({ store, key: "forgetting", forgotten: () => {}, runtime });
  for (const expected of [1, 2]) {
    await runtime.advance(6_000);
    const said = elsewhere.say({ tag: "orders" });
    await runtime.advance(0);
    await said;
    await runtime.advance(10);
    await here.look();
    expect(told).toBe(expected);
    await runtime.advance(6_000);
    await here.look();
    expect(told).toBe(expected);
  }
});
