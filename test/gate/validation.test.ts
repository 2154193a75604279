import { describe, expect, test } from "vitest";
import type { Batch, Command } from "../../lib/gate/commands.ts";
import { emptyGate, SESSIONS_KEPT, snapshot } from "../../lib/gate/state.ts";
import { step } from "../../lib/gate/step.ts";
import { InvalidBatch } from "../../lib/gate/validate.ts";
import { firstOpening, RULES, START } from "../support/gate.ts";

const VALID: Batch = {
  session: "a",
  opens: firstOpening(),
  doneBelow: 1,
  jitter: 0,
  config: RULES,
  refusedLocally: 0,
  commands: [{ kind: "admit", id: "a.1", lane: "request", deadlineMs: 1_000, waitMs: 0 }],
};
const ADMIT = { kind: "admit", id: "a.2", lane: "request", deadlineMs: 1, waitMs: 1 };
const SETTLE = { kind: "settle", id: "a.1", outcome: "success", slow: false };
const OPERATE = { kind: "operate", opId: "x", mode: "auto", ttlMs: 1, expectedVersion: null, actor: "", reason: "" };
const PERMIT = { id: "a.1", lane: "request", remainingMs: 1 };
const ADOPT = { kind: "adopt", permits: [PERMIT], openMs: null, override: null };
const OVERRIDE = { mode: "observe", remainingMs: 1, actor: "", reason: "" };
const odd = [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 1e14, "1", null, undefined];
const badIds = ["a", "a.", "b.1", "a.-1", "a.01", "a.1.0", "a.1e2", "a. 1", "a.1x", "aa.1", "a.0x1", "", 7, null];
const broken = <Part extends object>(part: Part, key: keyof Part, values: readonly unknown[]) =>
  values.map((value) => ({ ...part, [key]: value }));

/** A value that a sender with a bug, or a hostile one, may send in place of a command. */
const commands = [
  {},
  { kind: "explode" },
  ...broken(ADMIT, "id", badIds),
  ...broken(ADMIT, "lane", ["fast", "", null]),
  ...broken(ADMIT, "deadlineMs", [...odd, 1e13 + 1]),
  ...broken(ADMIT, "waitMs", odd),
  ...broken(SETTLE, "id", badIds),
  ...broken(SETTLE, "outcome", ["maybe", null]),
  ...broken(SETTLE, "slow", [0, "no", null]),
  ...broken({ kind: "cancel", id: "a.1" }, "id", badIds),
  ...broken(OPERATE, "mode", ["open", null]),
  ...broken(OPERATE, "ttlMs", [86_400_001, ...odd]),
  ...broken(OPERATE, "expectedVersion", odd.slice(0, 5)),
  ...(["opId", "actor", "reason"] as const).flatMap((key) => broken(OPERATE, key, [1, null, "x".repeat(1_001)])),
  ...broken(ADOPT, "permits", [
    null,
    [{ ...PERMIT, id: "b.1" }],
    [{ ...PERMIT, lane: "x" }],
    Array(10_001).fill(PERMIT),
  ]),
  ...broken(PERMIT, "remainingMs", odd).map((permit) => ({ ...ADOPT, permits: [permit] })),
  ...broken(ADOPT, "openMs", odd.slice(0, 5)),
  ...broken(OVERRIDE, "mode", ["auto", "", null]).map((override) => ({ ...ADOPT, override })),
  ...broken(OVERRIDE, "remainingMs", [86_400_001, ...odd]).map((override) => ({ ...ADOPT, override })),
  ...broken(OVERRIDE, "actor", [1, null]).map((override) => ({ ...ADOPT, override })),
];
const configs = [
  ...(
    ["windowCalls", "failureThreshold", "recoveryMs", "probes", "successesToClose", "windowSeconds"] as const
  ).flatMap((key) => broken(RULES, key, [0, ...odd])),
  ...(["maxWaiting", "connectTimeoutMs", "fullRetryAfterMs", "adoptingMs"] as const).flatMap((key) =>
    broken(RULES, key, odd),
  ),
  ...(["failureRate", "slowRate"] as const).flatMap((key) => broken(RULES, key, [10_001, ...odd])),
  ...(["enabled", "wakes"] as const).flatMap((key) => broken(RULES, key, [0, "yes", null])),
  ...broken(RULES, "sessionsKept", [0, SESSIONS_KEPT + 1, ...odd]),
  { ...RULES, windowSeconds: 301 },
  ...broken(RULES.capacity, "slow", odd).map((capacity) => ({ ...RULES, capacity })),
];
const batches = [
  ...broken(VALID, "session", ["", "a.b", "a b", "x".repeat(65), 5, null, undefined]),
  ...broken(VALID, "doneBelow", odd),
  ...broken(VALID, "refusedLocally", [...odd, 1e9 + 1]),
  ...broken(VALID, "jitter", [1_000, ...odd]),
  ...broken(VALID, "commands", [null, 5, Array(10_001).fill({ kind: "view" })]),
  ...(["life", "generation", "overrideVersion"] as const).flatMap((key) =>
    broken(firstOpening(), key, key === "life" ? odd.slice(0, 6) : odd).map((opens) => ({ ...VALID, opens })),
  ),
  ...broken(firstOpening().about, "startedAt", odd).map((about) => ({ ...VALID, opens: { ...firstOpening(), about } })),
  ...broken(firstOpening().about, "runtime", [1, null, "x".repeat(1_001)]).map((about) => ({
    ...VALID,
    opens: { ...firstOpening(), about },
  })),
  ...configs.map((config) => ({ ...VALID, config })),
  ...commands.map((command) => ({ ...VALID, commands: [...VALID.commands, command as Command] })),
] as Batch[];

describe("a batch with anything wrong in it", () => {
  test("is refused whole, with what was needed and what was found, before anything has changed", () => {
    const gate = emptyGate();
    step(gate, { ...VALID, commands: [] }, START);
    const before = snapshot(gate);
    for (const batch of batches) {
      const { config: _, ...shown } = batch;
      expect(() => step(gate, batch, START + 60_000), JSON.stringify(shown).slice(0, 500)).toThrow(InvalidBatch);
      expect(() => step(gate, batch, START + 60_000)).toThrow(/^gate batch: .+ must be .+, was /);
    }
    expect(snapshot(gate)).toEqual(before);
    expect(batches.length).toBeGreaterThan(250);
  });

  test("begins no life in an empty gate", () => {
    const gate = emptyGate();
    for (const batch of batches) expect(() => step(gate, batch, START)).toThrow(InvalidBatch);
    expect(gate).toEqual(emptyGate());
  });

  test("is refused where the store's clock is no moment", () => {
    const gate = emptyGate();
    for (const now of odd) expect(() => step(gate, VALID, now as number)).toThrow(InvalidBatch);
    expect(gate.core).toBe(null);
  });
});

describe("a batch at the edge of what is allowed", () => {
  test("is applied, and leaves only integers below 10^14", () => {
    const gate = emptyGate();
    const longest = { connectTimeoutMs: 1e13, recoveryMs: 1e13, adoptingMs: 0, windowSeconds: 300 };
    const config = { ...RULES, ...longest, windowCalls: 1, failureThreshold: 1 };
    const session = "x".repeat(64);
    const id = `${session}.${99_999_999_999_998}`;
    const admit = { kind: "admit", id, lane: "request", deadlineMs: 1e13, waitMs: 1e13 } as const;
    const settle = { kind: "settle", id, outcome: "failure", slow: true } as const;
    step(gate, { ...VALID, session, jitter: 999, config, commands: [admit, settle] }, START);
    expect(gate.core?.state).toBe("open");
    const numbers = JSON.stringify(snapshot(gate)).match(/-?\d[\d.eE+-]*/g) ?? [];
    expect(numbers.filter((number) => !/^\d{1,14}$/.test(number) && number !== "1.0.0")).toEqual([]);
  });
});
