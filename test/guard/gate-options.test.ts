/** What is said about a gate of one's own: where it lands, and what is refused. */
import { describe, expect, it } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { type GuardRules, guardRules, saidRules } from "../../lib/guard/rules.ts";
import { memory } from "../../lib/store/memory.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import type { GateOptions } from "../../lib/tidegate.ts";
import { follow, heldCall } from "../support/guarded.ts";
import { applications } from "../support/own-gates.ts";

const ENV = {
  ...{ DB_POOL_SIZE: "9", DB_MAX_OVERFLOW: "2", DB_CALL_TIMEOUT_MS: "7000", DB_POOL_TIMEOUT: "3" },
  ...{ CIRCUIT_BREAKER_HALF_OPEN_PROBES: "5" },
};
const BASE = guardRules(readConfig(ENV), memory().open(manualRuntime()).traits);
const UNSAID = saidRules(BASE, {});

function errorOf(task: () => unknown): Error {
  try {
    task();
  } catch (error) {
    return error as Error;
  }
  throw new Error("it was to throw, and did not");
}
/** Options as who writes no TypeScript may say them. */
const saying = (options: unknown, name: unknown = "billing") => {
  const tide = applications().application();
  return errorOf(() => tide.gate(name as string, options as GateOptions));
};

type Part = Partial<Omit<GuardRules, "gate">> & { readonly gate?: Partial<GuardRules["gate"]> };
const { capacity: CAPACITY, deadlineMs: DEADLINE } = UNSAID.gate;
const WAITS = { waitTimeoutMs: UNSAID.waitTimeoutMs, maxWaiting: UNSAID.maxWaiting };

describe("what is said about a gate", () => {
  it.each<[name: string, said: GateOptions, becomes: Part]>([
    [
      "capacity, and with it the probes",
      { capacity: 4 },
      { gate: { capacity: { ...CAPACITY, request: 4 }, probes: 4 } },
    ],
    ["deadlineMs", { deadlineMs: 250 }, { gate: { deadlineMs: { ...DEADLINE, request: 250 } } }],
    ["waitMs", { waitMs: 0 }, { waitTimeoutMs: 0, slow: { ...WAITS, waitTimeoutMs: 0 } }],
    ["maxWaiting", { maxWaiting: 0 }, { maxWaiting: 0, slow: { ...WAITS, maxWaiting: 0 } }],
    ["waits of request", { lanes: { request: { waitMs: 0, maxWaiting: 2 } } }, { waitTimeoutMs: 0, maxWaiting: 2 }],
    [
      "waits of slow, over those of the gate",
      { waitMs: 9, lanes: { slow: { waitMs: 0, maxWaiting: 2 } } },
      {
        waitTimeoutMs: 9,
        slow: { waitTimeoutMs: 0, maxWaiting: 2 },
        gate: { capacity: { ...CAPACITY, slow: BASE.gate.capacity.slow } },
      },
    ],
    [
      "lanes.request",
      { lanes: { request: { capacity: 20, deadlineMs: 8 } } },
      { gate: { capacity: { ...CAPACITY, request: 20 }, deadlineMs: { ...DEADLINE, request: 8 } } },
    ],
    [
      "lanes.slow",
      { lanes: { slow: { capacity: 2, deadlineMs: 90_000 } } },
      { gate: { capacity: { ...CAPACITY, slow: 2 }, deadlineMs: { ...DEADLINE, slow: 90_000 } } },
    ],
    ["mode", { breaker: { mode: "observe" } }, { gate: { mode: "observe" } }],
    ["failureThreshold", { breaker: { failureThreshold: 3 } }, { gate: { failureThreshold: 3 } }],
    ["failureRate", { breaker: { failureRate: 0.25 } }, { gate: { failureRate: 2_500 } }],
    ["a failureRate of 0", { breaker: { failureRate: 0 } }, { gate: { failureRate: 0 } }],
    ["windowSeconds", { breaker: { windowSeconds: 300 } }, { gate: { windowSeconds: 300 } }],
    ["windowCalls", { breaker: { windowCalls: 1 } }, { gate: { windowCalls: 1 } }],
    ["recoveryMs", { breaker: { recoveryMs: 1_500 } }, { gate: { recoveryMs: 1_500 } }],
    ["backoff.factor", { breaker: { backoff: { factor: 1 } } }, { gate: { backoffFactor: 10_000 } }],
    ["backoff.maxMs", { breaker: { backoff: { maxMs: 9_000 } } }, { gate: { backoffMaxMs: 9_000 } }],
    ["a backoff.jitter of 0", { breaker: { backoff: { jitter: 0 } } }, { gate: { backoffJitter: 0 } }],
    ["probes", { breaker: { probes: 2 } }, { gate: { probes: 2 } }],
    ["successesToClose", { breaker: { successesToClose: 7 } }, { gate: { successesToClose: 7 } }],
    ["slowMs", { breaker: { slowMs: 800 } }, { slowCallMs: 800 }],
    ["slowRate", { breaker: { slowRate: 0.5 } }, { gate: { slowRate: 5_000 } }],
  ])("lands in the gate's rules, and changes nothing else in them: %s", (_, said, becomes) => {
    expect(saidRules(BASE, said)).toEqual({ ...UNSAID, ...becomes, gate: { ...UNSAID.gate, ...becomes.gate } });
  });

  it("leaves out what the environment says, for everything but the slow lane and how long it is remembered", () => {
    const { capacity } = BASE.gate;
    const gate = { ...BASE.gate, capacity: { ...capacity, slow: 0 }, keptMs: 600_000 };
    expect(UNSAID).toEqual({ ...BASE, gate });
    expect([capacity.request, BASE.gate.deadlineMs.request, BASE.waitTimeoutMs]).toEqual([11, 7_000, 3_000]);
  });

  it("may say undefined for what the environment is to say", () => {
    const said = {
      capacity: undefined,
      lanes: { request: { capacity: undefined }, slow: undefined },
      waitMs: undefined,
    };
    expect(saidRules(BASE, said)).toEqual(UNSAID);
  });

  it("holds for calls through it: capacity, line, wait and deadline", async () => {
    const { application, runtime } = applications(ENV);
    const gate = application().gate("billing", { capacity: 1, maxWaiting: 1, waitMs: 200, deadlineMs: 500 });
    const [first, second, third] = [0, 1, 2].map(() => follow(gate.run(heldCall().hold)));
    await runtime.advance(0);
    expect(third?.result()?.error).toMatchObject({ refusal: { gate: "billing", reason: "full" } });
    await runtime.advance(199);
    expect(second?.result()).toBeNull();
    await runtime.advance(1);
    expect(second?.result()?.error).toMatchObject({ refusal: { reason: "full" } });
    expect(first?.result()).toBeNull();
    await runtime.advance(300);
    expect(first?.result()?.error).toMatchObject({ fault: "timeout", gate: "billing" });
  });

  it("may be that the breaker keeps nobody away", async () => {
    const { application } = applications();
    const breaker = { failureThreshold: 1, windowCalls: 1 };
    const tide = application();
    const failing = async (mode: "on" | "observe" | "off") => {
      const gate = tide.gate(mode, { breaker: { ...breaker, mode } });
      await gate.run(() => Promise.reject(new Error("down"))).catch(() => {});
      return gate.run(() => "let in").catch((error: { refusal: object }) => error.refusal);
    };
    expect(await failing("on")).toMatchObject({ reason: "open" });
    expect([await failing("observe"), await failing("off")]).toEqual(["let in", "let in"]);
  });
});

describe("options that are wrong", () => {
  it("are named together in one TypeError, with what each must be and what it was", () => {
    const error = saying({
      ...{ capacity: -1, deadlineMs: 1.5, waitMs: Number.NaN, maxWaiting: "many", isFailure: true, capacities: 3 },
      lanes: { fast: {}, slow: { capacity: 0 } },
      breaker: { mode: "maybe", failureRate: 2, windowSeconds: 301, backoff: { factor: 0.5, more: 1 }, treshold: 5 },
    });
    expect(error).toBeInstanceOf(TypeError);
    const { message } = error;
    expect(message.startsWith('tide.gate("billing"): ')).toBe(true);
    for (const part of [
      "capacity must be a whole number from 1 to 1000000, was -1",
      "deadlineMs must be a whole number from 1 to 86400000, was 1.5",
      "waitMs must be a whole number from 0 to 86400000, was NaN",
      'maxWaiting must be a whole number from 0 to 1000000, was "many"',
      "isFailure must be a function, was true",
      "there is no option capacities",
      "there is no option lanes.fast",
      "lanes.slow.capacity must be a whole number from 1 to 1000000, was 0",
      'breaker.mode must be "on", "observe" or "off", was "maybe"',
      "breaker.failureRate must be a number from 0 to 1, was 2",
      "breaker.windowSeconds must be a whole number from 1 to 300, was 301",
      "breaker.backoff.factor must be a number from 1 to 100, was 0.5",
      "there is no option breaker.backoff.more",
      "there is no option breaker.treshold",
    ]) {
      expect(message).toContain(part);
    }
  });

  it.each([null, "8", 8, true, () => ({})])("are no options at all: %o", (options) => {
    expect(saying(options)).toMatchObject({ name: "TypeError" });
    expect(saying(options).message).toContain("options must be an object such as { capacity: 8 }, was ");
  });

  it.each([[[]], [new Map([["capacity", 8]])]])(
    "are no options at all though JavaScript calls them objects: %o",
    (options) => {
      expect(saying(options)).toMatchObject({ name: "TypeError" });
    },
  );

  it("contradict each other where a measure of the request lane is said twice", () => {
    const lanes = { request: { capacity: 3, deadlineMs: 20 } };
    const { message } = saying({ capacity: 4, deadlineMs: 10, lanes });
    expect(message).toContain("capacity was said twice, 4 and 3 in lanes.request; say it once");
    expect(message).toContain("deadlineMs was said twice, 10 and 20 in lanes.request; say it once");
  });

  it.each([{ capacity: 2 }, { lanes: { request: { capacity: 2 } } }])(
    "contradict each other where there are more probes than calls at once: %o",
    (measure) => {
      expect(saying({ ...measure, breaker: { probes: 3 } }).message).toContain(
        "breaker.probes must be at most the capacity, 2, was 3",
      );
    },
  );

  it("leave the gate unsaid", async () => {
    const tide = applications().application();
    expect(() => tide.gate("billing", { capacity: 0 })).toThrow(TypeError);
    expect(await tide.gate("billing", { capacity: 2 }).run(() => "done")).toBe("done");
  });
});
