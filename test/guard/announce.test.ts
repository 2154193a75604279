import { describe, expect, it } from "vitest";
import { createEvents, type Events } from "../../lib/events.ts";
import type { GateEvent } from "../../lib/gate/events.ts";
import { announceTo } from "../../lib/guard/announce.ts";
import type { LogFields } from "../../lib/log/port.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";

function hearing() {
  const said: (readonly [level: string, event: string, fields: LogFields])[] = [];
  const say =
    (level: string) =>
    (event: string, fields: LogFields = {}) =>
      void said.push([level, event, fields]);
  return { said, log: { debug: say("debug"), info: say("info"), warn: say("warn"), error: say("error") } };
}

describe("what happens to a gate is said", () => {
  const AT = Date.UTC(2026, 0, 2);
  const [at, until] = ["2026-01-02T00:00:00.000Z", "2026-01-02T00:01:00.000Z"];
  const WORD = {
    kind: "override",
    at: AT,
    mode: "observe",
    until: AT + 60_000,
    actor: "ann",
    reason: "drill",
  } as const;
  const moves = (to: "open" | "half_open" | "closed"): GateEvent => ({
    ...{ kind: "transition", at: AT, from: "closed", to, cause: "failure_rate", generation: 7 },
  });
  async function announced(events: readonly GateEvent[], local = false) {
    const { said, log } = hearing();
    const listened: unknown[] = [];
    const runtime = manualRuntime();
    const bus: Events = createEvents(runtime, log);
    for (const name of ["transition", "override"] as const) bus.on(name, (told) => void listened.push([name, told]));
    announceTo({ gate: "main", log, events: bus, tracing: null, local })(events);
    await runtime.advance(0);
    return { said, listened };
  }

  it("to the log and to who listens, louder where the breaker is not closed", async () => {
    const { said, listened } = await announced([moves("open"), moves("half_open"), moves("closed")]);
    const fields = { gate: "main", at, from: "closed", cause: "failure_rate", generation: 7 };
    expect(said).toEqual([
      ["warn", "breaker.open", fields],
      ["warn", "breaker.half_open", fields],
      ["info", "breaker.closed", fields],
    ]);
    expect(listened).toHaveLength(3);
    expect(listened[0]).toEqual([
      "transition",
      { gate: "main", local: false, at: AT, from: "closed", to: "open", cause: "failure_rate" },
    ]);
  });

  it("of an operator's word, of what would have opened, and of lives", async () => {
    const { said, listened } = await announced([
      WORD,
      { kind: "would_open", at: AT, cause: "slow_rate" },
      { kind: "life", at: AT, life: 9 },
    ]);
    expect(said).toEqual([
      ["warn", "breaker.override", { gate: "main", at, mode: "observe", until, actor: "ann", reason: "drill" }],
      ["warn", "breaker.would_open", { gate: "main", at, cause: "slow_rate" }],
      ["info", "gate.life", { gate: "main", at, life: 9 }],
    ]);
    const { kind: _, ...word } = WORD;
    expect(listened).toEqual([["override", { gate: "main", ...word }]]);
  });

  it("of the local gate as of such; who listens hears its transitions, and no operator speaks there", async () => {
    const { said, listened } = await announced([moves("open"), WORD], true);
    expect(said.map(([, , { gate }]) => gate)).toEqual(["main, local gate", "main, local gate"]);
    expect(listened).toMatchObject([["transition", { gate: "main", local: true }]]);
  });
});
