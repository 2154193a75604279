import { describe, expect, test } from "vitest";
import { createLine, type Waiter } from "../../lib/guard/gate-client/line.ts";
import type { Ask, Entry } from "../../lib/guard/gate-client/port.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { follow } from "../support/guarded.ts";

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));
const passOf = ({ ask }: Waiter) => ({ kind: "pass", lane: ask.lane }) as unknown as Entry;

function scene() {
  const runtime = manualRuntime();
  const said: string[] = [];
  const line = createLine({
    runtime,
    refuse: (_lane, reason) => ({ kind: "refusal", reason, retryAfterMs: 0 }),
    left: (lane) => void said.push(lane),
  });
  const joins = (ask: Partial<Ask> = {}, toldIn: number | null = null, withinMs = 1_000) =>
    follow(
      line.join(
        { lane: "request", deadlineMs: 1, waitUntil: 0, signal: undefined, refusedAs: "full", ...ask },
        toldIn,
        runtime.monotonicMs() + withinMs,
      ),
    );
  return { runtime, line, said, joins };
}

describe("a line", () => {
  test("lets in as many as there is room for, in order of arrival, lane by lane", async () => {
    const { line, joins } = scene();
    const waits = [joins(), joins(), joins({ lane: "slow" }), joins({ lane: "health" })];
    expect([line.size(), line.sizes()]).toEqual([4, { request: 2, slow: 1, health: 1 }]);
    let room = 1;
    line.serve((waiter) => (waiter.ask.lane === "request" && room-- <= 0 ? null : passOf(waiter)), 0);
    await turn();
    expect(waits.map(({ result }) => result() !== null)).toEqual([true, false, true, true]);
    expect([line.size(), line.first("request")?.ask.lane, line.first("slow")]).toEqual([1, "request", undefined]);
  });

  test("tells how long the first of each lane has waited", async () => {
    const { runtime, line, joins } = scene();
    joins();
    await runtime.advance(30);
    joins();
    joins({ lane: "slow" });
    await runtime.advance(5);
    expect(line.waitedMs()).toEqual({ request: 35, slow: 5, health: 0 });
  });

  test("ends a wait at its moment, and tells that somebody has left", async () => {
    const { runtime, line, said, joins } = scene();
    await runtime.advance(500);
    const waits = [joins({}, null, 100), joins({ refusedAs: "nested" }, null, 101)];
    await runtime.advance(99);
    expect(waits[0]?.result()).toBeNull();
    await runtime.advance(2);
    expect(waits.map(({ result }) => result()?.value)).toMatchObject([{ reason: "full" }, { reason: "nested" }]);
    expect([line.size(), said, runtime.pendingTimers()]).toEqual([0, ["request", "request"], 0]);
  });

  test("ends a wait at once whose moment is over", async () => {
    const { runtime, joins } = scene();
    await runtime.advance(500);
    const wait = joins({}, null, -100);
    await runtime.advance(0);
    expect(wait.result()?.value).toMatchObject({ reason: "full" });
  });

  test("ends a wait with its caller's abort, and leaves nothing of it", async () => {
    const { runtime, line, said, joins } = scene();
    const controller = new AbortController();
    const wait = joins({ signal: controller.signal, lane: "slow" });
    controller.abort("gone");
    await turn();
    expect([wait.result(), line.size(), said, runtime.pendingTimers()]).toEqual([{ error: "gone" }, 0, ["slow"], 0]);
  });

  test("hears no abort of who has got in", async () => {
    const { runtime, line, said, joins } = scene();
    const controller = new AbortController();
    const wait = joins({ signal: controller.signal });
    line.serve(passOf, 0);
    controller.abort("gone");
    await turn();
    expect([wait.result()?.value, said, runtime.pendingTimers()]).toEqual([{ kind: "pass", lane: "request" }, [], 0]);
  });

  test("refuses everybody when it closes, without a word of who left", async () => {
    const { line, said, joins } = scene();
    const waits = [joins(), joins({ lane: "slow" }), joins({ lane: "health" })];
    line.close();
    await turn();
    expect(waits.map(({ result }) => result()?.value)).toMatchObject(Array(3).fill({ reason: "closing" }));
    expect(said).toEqual([]);
  });
});

describe("who wants an answer rather than wait", () => {
  const nobody = () => null;

  test("is refused once the renewal is answered that told of it, wherever it stands in the line", async () => {
    const { line, joins } = scene();
    const [patient, impatient, later] = [joins(), joins({}, 5), joins({}, 6)];
    line.serve(nobody, 4);
    await turn();
    expect([patient, impatient, later].map(({ result }) => result())).toEqual([null, null, null]);
    line.serve(nobody, 5);
    await turn();
    expect([patient.result(), impatient.result()?.value, later.result()]).toMatchObject([
      null,
      { reason: "full" },
      null,
    ]);
    line.serve(nobody, 7);
    await turn();
    expect(later.result()?.value).toMatchObject({ reason: "full" });
    expect(line.size()).toBe(1);
  });

  test("is let in by that answer where there is room, and its going is remembered for those behind it", async () => {
    const { line, joins } = scene();
    const waits = [joins({}, 5), joins({}, 5)];
    let room = 1;
    line.serve((waiter) => (room-- > 0 ? passOf(waiter) : null), 5);
    await turn();
    expect(waits.map(({ result }) => result()?.value)).toMatchObject([{ kind: "pass" }, { reason: "full" }]);
    const patient = new AbortController();
    void joins({ lane: "slow", signal: patient.signal });
    const next = joins({ lane: "slow" }, 9);
    patient.abort();
    line.serve(nobody, 9);
    await turn();
    expect(next.result()?.value).toMatchObject({ reason: "full" });
  });
});
