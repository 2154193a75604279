/** What an application hears of its gates. */
import { describe, expect, it } from "vitest";
import { createEvents } from "../lib/events.ts";
import type { GateOptions, TideEvent, TideEvents, Tidegate } from "../lib/tidegate.ts";
import { farStore, turn } from "./support/far-store.ts";
import { fleet, follow, heldCall } from "./support/guarded.ts";
import { applications } from "./support/own-gates.ts";

const START = Date.UTC(2026, 0, 1);
const OPENS_AT_ONCE: GateOptions = {
  breaker: { failureThreshold: 1, windowCalls: 1, failureRate: 0, recoveryMs: 1_000, successesToClose: 1 },
};
const fails = () => Promise.reject(Object.assign(new Error("down"), { code: "ECONNREFUSED" }));

/** What is heard of one kind from now on. */
function heard<Kind extends TideEvent>(tide: Tidegate, kind: Kind) {
  const events: TideEvents[Kind][] = [];
  tide.on(kind, (event) => void events.push(event));
  return events;
}

describe("an application that listens", () => {
  it("hears of every change of a breaker: which one, when, from what to what, and why", async () => {
    const { application, runtime } = applications();
    const tide = application();
    const events = heard(tide, "transition");
    const gate = tide.gate("billing", OPENS_AT_ONCE);
    await gate.run(fails).catch(() => {});
    await runtime.advance(1_500);
    await gate.run(() => "probe");
    await runtime.advance(0);
    const about = { gate: "billing", local: false };
    expect(events).toEqual([
      { ...about, at: START, from: "closed", to: "open", cause: "failure_rate" },
      { ...about, at: expect.any(Number), from: "open", to: "half_open", cause: "open_period_over" },
      { ...about, at: START + 1_500, from: "half_open", to: "closed", cause: "probes_succeeded" },
    ]);
  });

  it("hears of every call that was not let in, and why", async () => {
    const { application, runtime } = applications({ DB_POOL_SIZE: "1", DB_MAX_OVERFLOW: "0" });
    const tide = application();
    const events = heard(tide, "refused");
    void follow(tide.run(() => tide.run(() => "never").catch(() => heldCall().hold(new AbortController().signal))));
    const gate = tide.gate("billing", { ...OPENS_AT_ONCE, lanes: { slow: { capacity: 1 } } });
    await gate.run(fails).catch(() => {});
    void follow(gate.run(() => "never", { lane: "slow" }));
    void follow(tide.db.query`select 1`.catch(() => {}));
    await runtime.advance(60_000);
    const full = { code: "DB_POOL_EXHAUSTED", retryAfterMs: 5_000, lastFailure: null };
    const opened = { code: "CIRCUIT_BREAKER_OPEN", retryAfterMs: expect.any(Number), lastFailure: "ECONNREFUSED" };
    expect(events).toEqual([
      { gate: "main", lane: "request", reason: "nested", ...full },
      { gate: "billing", lane: "slow", reason: "open", ...opened },
      { gate: "main", lane: "request", reason: "full", ...full },
    ]);
  });

  it("hears that the store is away and is back, and what the instance's own breaker does meanwhile", async () => {
    const far = farStore();
    const { application, runtime } = applications({ EXPECTED_INSTANCES: "1" }, far.adapter);
    const tide = application();
    const [store, transition] = [heard(tide, "store"), heard(tide, "transition")];
    const gate = tide.gate("billing", OPENS_AT_ONCE);
    void follow(gate.run(() => "first"));
    await turn();
    await far.sent.at(-1)?.lose();
    expect(store).toEqual([{ gate: "billing", state: "away", error: expect.any(Error) }]);
    await expect(gate.run(fails)).rejects.toThrow("down");
    await turn();
    expect(transition).toMatchObject([{ gate: "billing", local: true, from: "closed", to: "open" }]);
    await far.pass(runtime, 1_000);
    expect(store.slice(1)).toEqual([{ gate: "billing", state: "back" }]);
  });

  it("hears an operator's word, whoever it was, and until when it holds", async () => {
    const { application } = applications();
    const tide = application();
    const events = heard(tide, "override");
    const word = { actor: "ann", reason: "a rehearsal" };
    await tide.gate("billing").override({ ...word, mode: "force_open", ttlMs: 60_000 });
    await tide.override({ ...word, mode: "observe", ttlMs: 1 });
    await tide.gate("billing").reset(word);
    expect(events).toEqual([
      { gate: "billing", at: START, mode: "force_open", until: START + 60_000, ...word },
      { gate: "main", at: START, mode: "observe", until: START + 1, ...word },
      { gate: "billing", at: START, mode: "reset", until: START, ...word },
    ]);
  });

  it("hears after it has been committed, and may call through the gates and look at them from there", async () => {
    const { application, runtime } = applications();
    const tide = application();
    const gate = tide.gate("billing", OPENS_AT_ONCE);
    const seen: unknown[] = [];
    tide.on("transition", async ({ to }) => {
      seen.push([to, tide.gates()[1]?.breaker, (await gate.view()).breaker.state]);
      seen.push(await tide.run(() => "through another gate"), await gate.run(() => "never").catch(({ name }) => name));
    });
    await gate.run(fails).catch(() => {});
    await runtime.advance(0);
    expect(seen).toEqual([["open", "open", "open"], "through another gate", "Refused"]);
  });
});

describe("a listener in trouble", () => {
  const TROUBLES = ["throws", "rejects", "is slow"] as const;
  it.each(TROUBLES)("is told once in the log, and neither calls nor other listeners suffer: it %s", async (how) => {
    const { application, runtime, told } = applications();
    const tide = application();
    tide.on("override", () => {
      if (how === "throws") throw new Error("ill");
      if (how === "rejects") return Promise.reject(new Error("ill"));
      return runtime.stall(51);
    });
    const others = heard(tide, "override");
    for (let word = 0; word < 3; word++) {
      const reply = await tide.reset({ actor: "ann", reason: "x" });
      expect(reply).toMatchObject({ kind: "operated" });
      await runtime.advance(0);
    }
    expect(others).toHaveLength(3);
    const message = how === "is slow" ? "a listener must return within 50 ms, took 51 ms" : "ill";
    expect(told("listener.failed")).toMatchObject([
      { level: "error", fields: { kind: "override", error: { message } } },
    ]);
  });

  it("is one of several that are each told of, and one that takes 50 ms is none", async () => {
    const { application, runtime, told } = applications();
    const tide = application();
    for (const ms of [60, 50, 70]) tide.on("override", () => runtime.stall(ms));
    for (let word = 0; word < 2; word++) await tide.reset({ actor: "ann", reason: "x" });
    await runtime.advance(0);
    const messages = told("listener.failed").map(({ fields }) => (fields.error as Error).message);
    expect(messages.map((message) => message.slice(-5))).toEqual(["60 ms", "70 ms"]);
  });

  it("leaves the process its turns where what it does makes the very event that it listens to", async () => {
    const { log, runtime } = fleet();
    const ends: (() => void)[] = [];
    const events = createEvents({ ...runtime, endOfTurn: (task) => void ends.push(task) }, log);
    // As of calls that are refused, when a listener of refusals writes them down through the same gate.
    const event = { gate: "main", state: "away" } as const;
    let calls = 0;
    events.on("store", () => {
      calls += 1;
      if (calls < 10_000) events.emit("store", event);
    });
    events.emit("store", event);
    await turn();
    expect(calls).toBeLessThanOrEqual(1);
  });
});

describe("listening", () => {
  const scene = () => {
    const { runtime, log } = fleet();
    const events = createEvents(runtime, log);
    const heard: string[] = [];
    const say = (gate: string) => events.emit("store", { gate, state: "away" });
    const listen = (as: string, options?: { readonly signal: AbortSignal }) =>
      events.on("store", ({ gate }) => void heard.push(`${as} ${gate}`), options);
    return { events, heard, say, listen };
  };

  it("ends with what it returned, twice as well as once, also for what is under way", async () => {
    const { heard, say, listen } = scene();
    const stop = listen("a");
    listen("b");
    say("1");
    await turn();
    say("2");
    stop();
    stop();
    say("3");
    await turn();
    expect(heard).toEqual(["a 1", "b 1", "b 2", "b 3"]);
  });

  it("ends with its signal, and never begins where that is aborted already", async () => {
    const { events, heard, say, listen } = scene();
    const over = new AbortController();
    listen("a", { signal: over.signal });
    const stop = listen("b", { signal: AbortSignal.abort() });
    say("1");
    await turn();
    over.abort();
    say("2");
    await turn();
    stop();
    expect([heard, events.wants("store")]).toEqual([["a 1"], false]);
  });

  it("that begins while something is told hears of the next", async () => {
    const { heard, say, listen } = scene();
    say("1");
    listen("a");
    say("2");
    await turn();
    expect(heard).toEqual(["a 2"]);
  });

  it("is wanted of the kinds alone that somebody listens to", () => {
    const { events, listen } = scene();
    expect([events.wants("store"), events.wants("refused")]).toEqual([false, false]);
    const stop = listen("a");
    expect([events.wants("store"), events.wants("refused")]).toEqual([true, false]);
    stop();
    expect(events.wants("store")).toBe(false);
  });

  it("is refused for a kind that is none, and for what is no function, by saying what is needed", () => {
    const { events } = scene();
    const wrong = () => events.on("transitions" as "transition", () => {});
    expect(wrong).toThrow(RangeError);
    expect(wrong).toThrow("an event is one of transition, refused, store, override, restart, was transitions");
    for (const listener of [undefined, null, "log", {}]) {
      expect(() => events.on("store", listener as () => void)).toThrow(TypeError);
      expect(() => events.on("store", listener as () => void)).toThrow(`a function is needed, was ${typeof listener}`);
    }
  });
});
