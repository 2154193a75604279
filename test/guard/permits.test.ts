/** Permits in the holder's own hands. */
import { describe, expect, it } from "vitest";
import { type GateOptions, type Permit, Refused } from "../../lib/tidegate.ts";
import { farStore } from "../support/far-store.ts";
import { follow, heldCall, UNTIL_SILENT_MS } from "../support/guarded.ts";
import { applications } from "../support/own-gates.ts";

const ONE: GateOptions = { capacity: 1, deadlineMs: 1_000, waitMs: 500 };
/** What is deaf to its deadline is given up for lost after that. */
const DEAF_MS = 2_250;

function scene(options: GateOptions = ONE, env: Record<string, string> = {}) {
  const { application, runtime, told } = applications(env);
  const tide = application();
  const gate = tide.gate("ftp", options);
  const running = async () => (await gate.view()).lanes.request.running;
  const window = async () => {
    const { calls, failures } = (await gate.view()).window;
    return { calls, failures };
  };
  return { tide, gate, runtime, running, window, abandoned: () => told("permit.abandoned") };
}

describe("a permit held by hand", () => {
  it("is one of its gate's, from when it is acquired until it is disposed of, and counts as a success", async () => {
    const { gate, running, window } = scene();
    const permit = await gate.acquire();
    expect([permit.lane, permit.signal.aborted, await running()]).toEqual(["request", false, 1]);
    await permit.dispose();
    expect([await running(), await window()]).toEqual([0, { calls: 1, failures: 0 }]);
  });

  it("is given back at the end of the block that uses it, whether that returns or throws", async () => {
    const { gate, running, window } = scene();
    const using = async (throws: boolean) => {
      await using permit = await gate.acquire();
      expect(await running()).toBe(1);
      if (throws) throw new Error("in the block");
      return permit.remainingMs;
    };
    expect(await using(false)).toBe(1_000);
    await expect(using(true)).rejects.toThrow("in the block");
    expect([await running(), await window()]).toEqual([0, { calls: 2, failures: 0 }]);
  });

  it("of the database's own gate is had from the application, and of the slow lane by its name", async () => {
    const { tide } = scene();
    const permits = await Promise.all([tide.acquire(), tide.acquire({ lane: "slow" })]);
    expect(permits.map(({ lane }) => lane)).toEqual(["request", "slow"]);
    expect(tide.gates()[0]?.lanes).toMatchObject({ request: { running: 1 }, slow: { running: 1 } });
    await Promise.all(permits.map((permit) => permit.dispose()));
    expect(tide.gates()[0]?.lanes).toMatchObject({ request: { running: 0 }, slow: { running: 0 } });
  });

  it("says how long it is still good for: less with time, and nothing once it is over or given back", async () => {
    const { gate, runtime } = scene();
    const permit = await gate.acquire({ deadlineMs: 300 });
    expect(permit.remainingMs).toBe(300);
    await runtime.advance(100);
    expect(permit.remainingMs).toBe(200);
    await runtime.advance(500);
    expect(permit.remainingMs).toBe(0);
    await permit.dispose();
    const next = await gate.acquire();
    await next.dispose();
    expect([permit.remainingMs, next.remainingMs]).toEqual([0, 0]);
  });

  it("has its signal aborted at the deadline, with the deadline as the reason, and counts as a failure", async () => {
    const { gate, runtime, running, window } = scene();
    const permit = await gate.acquire({ deadlineMs: 300 });
    await runtime.advance(299);
    expect(permit.signal.aborted).toBe(false);
    await runtime.advance(1);
    expect(permit.signal.reason).toMatchObject({ name: "DatabaseError", fault: "timeout", gate: "ftp" });
    expect(await running()).toBe(1);
    await permit.dispose();
    expect([await running(), await window()]).toEqual([0, { calls: 1, failures: 1 }]);
  });

  it("has its signal aborted when its caller gives up, with that reason, and counts for nothing", async () => {
    const { gate, running, window } = scene();
    const caller = new AbortController();
    const permit = await gate.acquire({ signal: caller.signal });
    caller.abort(new Error("closed"));
    expect(permit.signal.reason).toEqual(new Error("closed"));
    permit.fail(new Error("of the abort"));
    await permit.dispose();
    expect([await running(), await window()]).toEqual([0, { calls: 0, failures: 0 }]);
  });

  it("counts as what it is failed with, by the gate's own rules", async () => {
    const { gate, window } = scene({ ...ONE, isFailure: (ended) => (ended as Error).message !== "not found" });
    for (const message of ["not found", "reset"]) {
      const permit = await gate.acquire();
      permit.fail(new Error(message));
      await permit.dispose();
    }
    expect(await window()).toEqual({ calls: 2, failures: 1 });
  });

  it("that is disposed of twice is given back once", async () => {
    const { gate, running, window } = scene({ ...ONE, capacity: 2 });
    const [permit, other] = await Promise.all([gate.acquire(), gate.acquire()]);
    await Promise.all([permit.dispose(), permit.dispose(), permit[Symbol.asyncDispose]()]);
    expect([await running(), await window()]).toEqual([1, { calls: 1, failures: 0 }]);
    await other.dispose();
  });

  it("cannot be failed once it was given back", async () => {
    const { gate, window } = scene();
    const permit = await gate.acquire();
    await permit.dispose();
    expect(() => permit.fail(new Error("late"))).toThrow("it was given back already; fail it before it is disposed of");
    expect(await window()).toEqual({ calls: 1, failures: 0 });
  });
});

describe("who wants a permit", () => {
  it("is refused while all are held, at once where no wait is wanted", async () => {
    const { gate, runtime } = scene();
    const permit = await gate.acquire();
    const refused = gate.acquire({ waitMs: 0 });
    await expect(refused).rejects.toBeInstanceOf(Refused);
    await expect(refused).rejects.toMatchObject({ gate: "ftp", refusal: { reason: "full" } });
    const patient = follow(gate.acquire());
    await runtime.advance(499);
    expect(patient.result()).toBeNull();
    await runtime.advance(1);
    expect(patient.result()?.error).toMatchObject({ refusal: { reason: "full" } });
    await permit.dispose();
  });

  it("has it as soon as another is disposed of, in the order of their coming, calls among them", async () => {
    const { gate, runtime } = scene();
    const permit = await gate.acquire();
    const call = heldCall();
    void follow(gate.run(call.hold));
    const waiter = follow(gate.acquire());
    await permit.dispose();
    await runtime.advance(0);
    expect([call.started(), waiter.result()]).toEqual([true, null]);
    call.succeed();
    await runtime.advance(0);
    expect(waiter.result()?.value).toMatchObject({ lane: "request" });
  });

  it("leaves the line when it gives up, and hears its own reason", async () => {
    const { gate, runtime, tide } = scene();
    const [permit, caller] = [await gate.acquire(), new AbortController()];
    const waiter = follow(gate.acquire({ signal: caller.signal }));
    caller.abort(new Error("closed"));
    await runtime.advance(0);
    expect(waiter.result()).toEqual({ error: new Error("closed") });
    expect(tide.gates()[1]?.lanes.request).toMatchObject({ running: 1, waiting: 0 });
    await permit.dispose();
  });

  it("has it within one answer of a store that is far away", async () => {
    const { adapter, sent, answerAll } = farStore();
    const gate = applications({}, adapter).application().gate("ftp", ONE);
    const permit = follow(gate.acquire({ waitMs: 0 }));
    await answerAll();
    expect(sent.filter(({ renewal }) => renewal.lanes.request.need > 0)).toHaveLength(1);
    expect(permit.result()?.value).toMatchObject({ lane: "request" });
  });
});

describe("a permit that is never disposed of", () => {
  it("ends at its deadline and the grace after it, as a failure, and who waits gets in", async () => {
    const { gate, runtime, running, window } = scene();
    await gate.acquire();
    await runtime.advance(1_000 + DEAF_MS - 1);
    expect(await running()).toBe(1);
    const waiter = follow(gate.run(() => "in"));
    await runtime.advance(1);
    expect([waiter.result(), await running()]).toEqual([{ value: "in" }, 0]);
    expect(await window()).toEqual({ calls: 2, failures: 1 });
  });

  it.each(["development", "production"])("is told of once, with its place in development alone: %s", async (env) => {
    const { gate, runtime, abandoned } = scene(ONE, { APP_ENV: env });
    async function forgetful() {
      return gate.acquire();
    }
    await forgetful();
    await runtime.advance(1_000 + DEAF_MS - 1);
    expect(abandoned()).toEqual([]);
    await runtime.advance(60_000);
    expect(abandoned()).toMatchObject([{ level: "warn", fields: { gate: "ftp", lane: "request" } }]);
    const { place } = abandoned()[0]?.fields ?? {};
    if (env === "production") expect(place).toBeUndefined();
    else expect((place as Error).stack).toMatch(/forgetful.*permits\.test\.ts/s);
  });

  it("is not told of where it is disposed of within the grace", async () => {
    const { gate, runtime, abandoned } = scene();
    const permit = await gate.acquire();
    await runtime.advance(1_000 + DEAF_MS - 1);
    await permit.dispose();
    await runtime.advance(60_000);
    expect(abandoned()).toEqual([]);
  });
});

describe("10,000 permits", () => {
  it("acquired and disposed of leave nothing: no permit, nobody waiting, no timer but the sweep", async () => {
    const { tide, gate, runtime, window } = scene({ ...ONE, capacity: 10, isFailure: () => false });
    for (let round = 0; round < 1_000; round++) {
      const permits: Permit[] = await Promise.all(Array.from({ length: 10 }, () => gate.acquire()));
      if (round % 10 === 0) for (const permit of permits) permit.fail(new Error("of no importance"));
      await Promise.all(permits.map((permit) => permit.dispose()));
    }
    expect(await window()).toEqual({ calls: 10_000, failures: 0 });
    const listeners = new AbortController();
    await (await gate.acquire({ signal: listeners.signal })).dispose();
    expect(tide.gates()[1]?.lanes.request).toMatchObject({ running: 0, waiting: 0 });
    await runtime.advance(UNTIL_SILENT_MS);
    expect(tide.gates()[1]?.lanes.request).toMatchObject({ held: 0, running: 0, waiting: 0 });
    expect(runtime.pendingTimers()).toBe(1);
    await tide.close();
  });
});
