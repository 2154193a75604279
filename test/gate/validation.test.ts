import { describe, expect, test } from "vitest";
import type { Renewal } from "../../lib/gate/renewal.ts";
import { snapshot } from "../../lib/gate/snapshot.ts";
import { emptyGate, SESSIONS_KEPT } from "../../lib/gate/state.ts";
import { step } from "../../lib/gate/step.ts";
import { InvalidRenewal } from "../../lib/gate/validate.ts";
import { ABOUT, firstOpening, NOTHING, RULES, renewalOf, START } from "../support/gate.ts";

const VALID = renewalOf("a", { n: 2, ...firstOpening() });
const VOTE = { generation: 1, probe: false, calls: 3, failures: 1, slow: 1, ignored: 0, retryAfterMs: 0 };
const OPERATE = { kind: "operate", opId: "x", mode: "auto", ttlMs: 1, expectedVersion: null, actor: "", reason: "" };
const OVERRIDE = { mode: "observe", remainingMs: 1, actor: "", reason: "" };
const SUMS = VALID.sums.request;
const odd = [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 1e14, "1", null, undefined];
/** Where null is an answer of its own. */
const oddNumbers = odd.slice(0, 6);
const long = "x".repeat(1_001);

const broken = <Part extends object>(part: Part, keys: readonly (keyof Part)[], values: readonly unknown[]) =>
  keys.flatMap((key) => values.map((value) => ({ ...part, [key]: value }) as Part));

const configs = [
  ...broken(RULES, ["windowCalls", "failureThreshold", "recoveryMs", "probes", "successesToClose"], [0, ...odd]),
  ...broken(RULES, ["expectedInstances", "renewalsPerSecond"], [0, 1e9 + 1, ...odd]),
  ...broken(RULES, ["windowSeconds"], [0, 301, ...odd]),
  ...broken(RULES, ["sessionsKept"], [0, SESSIONS_KEPT + 1, ...odd]),
  ...broken(RULES, ["connectTimeoutMs"], [1e13 + 1, ...odd]),
  ...broken(RULES, ["failureRate", "slowRate"], [10_001, ...odd]),
  ...broken(RULES, ["mode"], ["", "auto", true, null]),
  ...broken(RULES, ["pushes"], [0, "yes", null]),
  ...broken(RULES, ["backoffFactor"], [9_999, 1_000_001, ...odd]),
  ...broken(RULES, ["backoffMaxMs"], [0, 86_400_001, ...odd]),
  ...broken(RULES, ["backoffJitter"], [10_001, ...odd]),
  ...broken(RULES, ["keptMs"], [0, 7_776_000_001, ...odd]),
  ...broken(RULES.capacity, ["request", "slow", "health"], odd).map((capacity) => ({ ...RULES, capacity })),
  ...broken(RULES.deadlineMs, ["request", "slow", "health"], odd).map((deadlineMs) => ({ ...RULES, deadlineMs })),
];
const commands = [
  {},
  { kind: "explode" },
  ...broken(OPERATE, ["mode"], ["open", null]),
  ...broken(OPERATE, ["ttlMs"], [86_400_001, ...odd]),
  ...broken(OPERATE, ["expectedVersion"], oddNumbers),
  ...broken(OPERATE, ["opId", "actor", "reason"], [1, null, long]),
];
const openings = [
  ...broken(firstOpening().opens, ["generation", "overrideVersion"], odd),
  ...broken(ABOUT, ["startedAt"], odd).map((about) => ({ ...firstOpening().opens, about })),
  ...broken(ABOUT, ["runtime", "region", "version"], [1, null, long]).map((about) => ({
    ...firstOpening().opens,
    about,
  })),
  ...broken(OVERRIDE, ["mode"], ["auto", "", null]).map((override) => ({ ...firstOpening().opens, override })),
  ...broken(OVERRIDE, ["remainingMs"], [86_400_001, ...odd]).map((override) => ({ ...firstOpening().opens, override })),
  ...broken(OVERRIDE, ["actor", "reason"], [1, null]).map((override) => ({ ...firstOpening().opens, override })),
];
const lanes = [
  ...broken({ ...NOTHING, need: 1e9 }, ["keep", "probes", "need", "want", "owed"], [1e9 + 1, ...odd]),
  ...broken({ ...NOTHING, need: 5 }, ["waiting"], [6, ...odd]),
  ...broken(NOTHING, ["waitedMs"], [1e13 + 1, ...odd]),
];
const sums = [
  ...broken(SUMS.ended, ["success", "failure", "ignored"], [1e9 + 1, ...odd]).map((ended) => ({ ...SUMS, ended })),
  ...[1e9 + 1, ...odd.slice(0, 6)].map((full) => ({ ...SUMS, refused: { full } })),
  ...broken(SUMS, ["ranMs", "waitedMs"], odd),
];
const votes = [
  ...broken(VOTE, ["generation"], odd),
  ...broken(VOTE, ["calls", "ignored"], [1e9 + 1, ...odd]),
  ...broken(VOTE, ["failures", "slow"], [4, ...odd]),
  ...broken(VOTE, ["retryAfterMs"], [1e13 + 1, ...odd]),
  ...broken(VOTE, ["probe"], [0, "yes", null]),
];
const renewals = [
  ...broken(VALID, ["session"], ["", "a.b", "a b", "x".repeat(65), 5, null, undefined]),
  ...broken(VALID, ["n"], [0, ...odd]),
  ...broken(VALID, ["agoMs"], odd),
  ...broken(VALID, ["leaves"], [0, "yes", null]),
  ...broken(VALID, ["jitter"], [1_000, ...odd]),
  ...broken(VALID, ["roundTripMs"], [10_001, ...odd]),
  ...broken(VALID, ["votes", "pings", "commands"], [null, 5, {}, Array(1_001).fill(VOTE)]),
  ...configs.map((config) => ({ ...VALID, config })),
  ...openings.map((opens) => ({ ...VALID, opens })),
  ...(["request", "slow", "health"] as const).flatMap((lane) => [
    ...lanes.map((report) => ({ ...VALID, lanes: { ...VALID.lanes, [lane]: report } })),
    ...sums.map((sum) => ({ ...VALID, sums: { ...VALID.sums, [lane]: sum } })),
  ]),
  ...votes.map((vote) => ({ ...VALID, votes: [VOTE, vote] })),
  ...[0, "yes", null].map((ok) => ({ ...VALID, pings: [{ ok: true }, { ok }] })),
  ...broken({ remainingMs: 1, agoMs: 1 }, ["remainingMs", "agoMs"], odd).map((open) => ({ ...VALID, open })),
  ...commands.map((command) => ({ ...VALID, commands: [{ kind: "view" }, command] })),
] as Renewal[];

describe("a renewal with anything wrong in it", () => {
  test("is refused whole, with what was needed and what was found, before anything has changed", () => {
    const gate = emptyGate();
    step(gate, { ...VALID, n: 1 }, START);
    const before = snapshot(gate);
    for (const renewal of renewals) {
      const { config: _, ...shown } = renewal;
      expect(() => step(gate, renewal, START + 70_000), JSON.stringify(shown).slice(0, 900)).toThrow(InvalidRenewal);
      expect(() => step(gate, renewal, START + 70_000)).toThrow(/^renew at a gate: .+ must be .+, was /);
    }
    expect(snapshot(gate)).toEqual(before);
    expect(renewals.length).toBeGreaterThan(600);
  });

  test("begins no life in an empty gate", () => {
    const gate = emptyGate();
    for (const renewal of renewals) expect(() => step(gate, renewal, START)).toThrow(InvalidRenewal);
    expect(gate).toEqual(emptyGate());
  });

  test("is refused where the store's clock is no moment", () => {
    const gate = emptyGate();
    for (const now of odd) expect(() => step(gate, VALID, now as number)).toThrow(InvalidRenewal);
    expect(gate.core).toBe(null);
  });
});

describe("a renewal at the edge of what is allowed", () => {
  test("is applied, and leaves only integers below 10^14", () => {
    const gate = emptyGate();
    const most = { request: 1e9, slow: 1e9, health: 1e9 };
    const longest = { request: 1e13, slow: 1e13, health: 1e13 };
    const rules = { connectTimeoutMs: 1e13, recoveryMs: 1e13, capacity: most, deadlineMs: longest };
    const backoff = { backoffFactor: 1_000_000, backoffMaxMs: 86_400_000, backoffJitter: 10_000 };
    const config = {
      ...RULES,
      ...rules,
      ...backoff,
      keptMs: 7_776_000_000,
      windowCalls: 1,
      failureThreshold: 1,
      renewalsPerSecond: 1,
    };
    const session = "x".repeat(64);
    const report = { keep: 1e9, probes: 1e9, need: 1e9, want: 1e9, waiting: 1e9, waitedMs: 1e13, owed: 1e9 };
    const sum = {
      ended: { success: 1e9, failure: 1e9, ignored: 1e9 },
      refused: { full: 1e9 },
      ranMs: 1e13,
      waitedMs: 1e13,
    };
    const edge = {
      jitter: 999,
      config,
      roundTripMs: 10_000,
      lanes: { request: { ...report, owed: 1e9 - 1 }, slow: report, health: report },
      sums: { request: sum, slow: sum, health: sum },
      pings: [{ ok: true }],
    };
    step(gate, renewalOf(session, { ...edge, n: 1e14 - 2, ...firstOpening() }), START);
    const { generation = 0 } = gate.core ?? {};
    const votes = [
      { generation, probe: false, calls: 1e9, failures: 1e9, slow: 1e9, ignored: 1e9, retryAfterMs: 1e13 },
    ];
    step(gate, renewalOf(session, { ...edge, n: 1e14 - 1, votes }), START + 1);
    expect(gate.core?.state).toBe("open");
    const numbers = JSON.stringify(snapshot(gate)).match(/-?\d[\d.eE+-]*/g) ?? [];
    expect(numbers.filter((number) => !/^\d{1,14}$/.test(number) && number !== "1.0.0")).toEqual([]);
  });
});
