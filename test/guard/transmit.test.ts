import { expect, test } from "vitest";
import { transmit } from "../../lib/guard/gate-client/transmit.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";

const DEADLINE_MS = 500;

function scene(call: () => string | Promise<string>) {
  const runtime = manualRuntime();
  const said: unknown[] = [];
  transmit(runtime, DEADLINE_MS, call, {
    answered: (result, isLate) => void said.push([result, isLate]),
    failed: (error) => void said.push(String(error)),
  });
  return { runtime, said };
}

test("an answer that is there is heard at once, without a timer", () => {
  const { runtime, said } = scene(() => "yes");
  expect([said, runtime.pendingTimers()]).toEqual([[["yes", false]], 0]);
});

test("an answer that comes in time is heard once, and its timer taken down", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const { runtime, said } = scene(() => promise);
  await runtime.advance(DEADLINE_MS - 1);
  resolve("yes");
  await runtime.advance(DEADLINE_MS);
  expect([said, runtime.pendingTimers()]).toEqual([[["yes", false]], 0]);
});

test("an answer that is late has failed, and is heard as late when it comes", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const { runtime, said } = scene(() => promise);
  await runtime.advance(DEADLINE_MS - 1);
  expect(said).toEqual([]);
  await runtime.advance(1);
  expect(said).toEqual(["Error: the state store: an answer within 500 ms is needed"]);
  resolve("yes");
  await runtime.advance(0);
  expect(said.slice(1)).toEqual([["yes", true]]);
});

test("a call that fails has failed once, whenever it does", async () => {
  const broken = scene(() => {
    throw new Error("no socket");
  });
  expect(broken.said).toEqual(["Error: no socket"]);
  const { promise, reject } = Promise.withResolvers<string>();
  const { runtime, said } = scene(() => promise);
  reject(new Error("reset"));
  await runtime.advance(DEADLINE_MS);
  expect([said, runtime.pendingTimers()]).toEqual([["Error: reset"], 0]);
  const late = Promise.withResolvers<string>();
  const over = scene(() => late.promise);
  await over.runtime.advance(DEADLINE_MS);
  late.reject(new Error("reset"));
  await over.runtime.advance(0);
  expect(over.said).toHaveLength(1);
});
