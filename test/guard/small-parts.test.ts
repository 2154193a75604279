import { describe, expect, it } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { failureCode } from "../../lib/guard/failure-code.ts";
import { createGuard } from "../../lib/guard/guard.ts";
import { gateKey, gateName } from "../../lib/guard/names.ts";
import { Refused, refusal, sentenceOf } from "../../lib/guard/refusal.ts";
import { guardRules } from "../../lib/guard/rules.ts";
import { createSayings } from "../../lib/guard/sayings.ts";
import { createShared } from "../../lib/guard/shared.ts";
import { memory } from "../../lib/store/memory.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";

const ignore = () => {};
const SILENT = { debug: ignore, info: ignore, warn: ignore, error: ignore };

describe("a failure is called", () => {
  it.each([
    ["by its vendor's code first", { vendorCode: "57P01", code: "DB", status: 500, name: "E" }, "57P01"],
    ["by its code", { vendorCode: null, code: "ECONNREFUSED", status: 500, name: "E" }, "ECONNREFUSED"],
    ["by its status", { code: 7, status: 503, name: "E" }, "HTTP 503"],
    ["by its name", { status: "503", name: "TypeError" }, "TypeError"],
    ["by no text", { code: "no such thing at all", name: "" }, null],
    ["by 64 characters at most", { code: "x".repeat(64) }, "x".repeat(64)],
    ["by no more", { code: "x".repeat(65), name: "E" }, "E"],
    ["by nothing where it is no object", "ECONNREFUSED", null],
    ["by nothing where it is a function", function named() {}, null],
    ["by nothing where there is none", null, null],
    ["by nothing where there is nothing", undefined, null],
  ])("%s", (_, ended, code) => expect(failureCode(ended)).toBe(code));

  it("by nothing where it does not want to be read", () => {
    const trap = () => {
      throw new Error("no");
    };
    expect(failureCode(new Proxy({}, { get: trap }))).toBeNull();
  });
});

describe("a gate's name", () => {
  it("has 128 characters at most", () => {
    expect(gateName("x".repeat(128))).toHaveLength(128);
    expect(() => gateName("x".repeat(129))).toThrow(`was "${"x".repeat(40)}…" (129 characters)`);
    expect(() => gateName("")).toThrow('was "" (0 characters)');
  });

  it("is shown up to its fortieth character where it is wrong, and whatever it is", () => {
    expect(() => gateName(`${"x".repeat(39)}!`)).toThrow(`was "${"x".repeat(39)}!" (40 characters)`);
    expect(() => gateName(["a"])).toThrow('was "a";');
    expect(() => gateName(undefined)).toThrow('was "undefined";');
  });

  it("is a part of keys that mean nothing else", () => {
    expect(gateKey("app", "a/b:c")).toBe("{tidegate:app:a%2Fb%3Ac}");
  });
});

describe("a refusal", () => {
  it("is a sentence about the database only where that is known to be behind it", () => {
    const sentence = (gate: string, reason: Parameters<typeof refusal>[1]) => sentenceOf(refusal(gate, reason, 0));
    expect(sentence("main", "open")).toMatch(/^The database is not answering properly/);
    expect(sentence("main", "full")).toBe("Every database connection is busy.");
    expect(sentence("billing", "open")).toBe('"billing" is not answering properly; calls to it are paused.');
    expect(sentence("billing", "full")).toBe('As many calls to "billing" as may are under way.');
    expect(sentence("billing", "closing")).toBe(sentence("main", "closing"));
    expect(sentence("billing", "too_many_gates")).toMatch(/^This instance has as many gates in use/);
    expect(sentence("main", "nested")).toMatch(/^A call to the database inside .*tx\.query, or another lane\.$/);
    expect(sentence("billing", "nested")).toMatch(/^A call to "billing" inside .*one call of both, or another lane\.$/);
  });

  it("has no stack, and leaves everybody else's as it was", () => {
    const before = Error.stackTraceLimit;
    const refused = new Refused(refusal("billing", "open", 5, "ECONNREFUSED"));
    expect(refused.stack?.split("\n")).toHaveLength(1);
    expect(Error.stackTraceLimit).toBe(before);
    expect(refused).toMatchObject({ gate: "billing", refusal: { retryAfterMs: 5, lastFailure: "ECONNREFUSED" } });
    expect(refusal("billing", "open", 5).lastFailure).toBeNull();
  });
});

describe("what all gates of an instance have in common", () => {
  const shared = () => {
    const runtime = manualRuntime();
    return createShared({ store: memory().open(runtime), runtime, log: SILENT });
  };

  it("is the instance's name: the first session has it, the others are numbered, each once", () => {
    const { session } = shared();
    const [one, two] = [session(), session()];
    expect([two(), one(), one(), two()]).toEqual([
      "00000000000040008000000000000001",
      "00000000000040008000000000000001_2",
      "00000000000040008000000000000001_2",
      "00000000000040008000000000000001",
    ]);
  });

  it("is closed with the guard that has it alone, and with none that shares it", async () => {
    const runtime = manualRuntime();
    const store = memory().open(runtime);
    const all = createShared({ store, runtime, log: SILENT });
    let closed = 0;
    const common = { ...all, pushes: { ...all.pushes, close: () => void closed++ } };
    const rules = guardRules(readConfig({}), store.traits);
    const about = { runtime: "test", region: "", version: "0", startedAt: 0 };
    const options = { name: "billing", key: "billing", store, rules, about, runtime, log: SILENT };
    await createGuard({ ...options, shared: common }).end();
    expect(closed).toBe(0);
    await createGuard(options).end();
  });

  it("is what was said once, of a thousand things", () => {
    const { once } = shared();
    expect([once("a"), once("a")]).toEqual([true, false]);
    for (let n = 1; n < 1_000; n++) expect(once(String(n))).toBe(true);
    expect([once("a"), once("999")]).toEqual([false, false]);
    expect([once("one more"), once("a")]).toEqual([true, true]);
  });
});

describe("what was said about gates", () => {
  it("is remembered of ten thousand, the first of which makes room", () => {
    const sayings = createSayings();
    for (let n = 0; n < 10_000; n++) sayings.say(`g${n}`, { capacity: 1 }, false);
    expect(sayings.of("g0")).toEqual({ capacity: 1 });
    sayings.say("one more", { capacity: 2 }, false);
    expect([sayings.of("g0"), sayings.of("g1"), sayings.of("one more")]).toEqual([
      undefined,
      { capacity: 1 },
      { capacity: 2 },
    ]);
  });

  it("is said once or alike, and before the gate is in use", () => {
    const sayings = createSayings();
    const isFailure = () => true;
    sayings.say("a", { capacity: 1, isFailure }, false);
    expect(() => sayings.say("a", { capacity: 1, isFailure }, true)).not.toThrow();
    expect(() => sayings.say("a", { capacity: 2, isFailure }, false)).toThrow(
      /were \{"capacity":1,.*now \{"capacity":2/,
    );
    expect(() => sayings.say("a", { capacity: 2 }, false)).not.toThrow(/keep functions in a constant/);
    expect(() => sayings.say("a", { capacity: 1, isFailure: () => true }, false)).toThrow(
      /keep functions in a constant/,
    );
    expect(() => sayings.say("b", { capacity: 1 }, true)).toThrow(/it is in use.*before it is first called/);
  });
});
