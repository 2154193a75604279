/** The table of events, and that nothing else can be logged. */
import { expect, test } from "vitest";
import { EVENTS, type EventLog, type EventRow } from "../../lib/log/events.ts";
import type { Log } from "../../lib/log/port.ts";

const rows: readonly EventRow[] = Object.values(EVENTS).flat();

test("an event has a name that can be searched for, and fields in snake case, each once", () => {
  expect(rows.length).toBeGreaterThan(80);
  for (const { event, fields, meaning } of rows) {
    expect(event).toMatch(/^[a-z]+\.[a-z_]+$/);
    expect(fields).toMatch(/^(?:[a-z_]+\??(?: [a-z_]+\??)*)?$/);
    expect(new Set(fields.split(" ")).size).toBe(fields.split(" ").length);
    expect(meaning).not.toBe("");
  }
});

test("no field is called like one that every line has", () => {
  const taken = ["timestamp", "level", "event", "pid", "instance", "trace_id", "span_id"];
  expect(rows.filter(({ fields }) => fields.split(" ").some((name) => taken.includes(name)))).toEqual([]);
});

test("what is not in the table does not compile, whatever `npx tsc` is asked to take for a log", () => {
  expect(notInTheTable).toBeTypeOf("function");
});

/** Compiled, and never called: each line would log what the table does not have. */
function notInTheTable(any: Log, error: unknown, isDevelopment: boolean): void {
  const log: EventLog = any;
  log.warn("store.away", { gate: "main", error });
  log.warn("permit.abandoned", { gate: "main", lane: "slow", ...(isDevelopment && { place: error }) });
  log.warn(isDevelopment ? "breaker.open" : "breaker.half_open", { gate: 1, at: 1, from: 1, cause: 1, generation: 1 });
  // @ts-expect-error no such event
  log.warn("store.gone", { gate: "main", error });
  // @ts-expect-error another level
  log.info("store.away", { gate: "main", error });
  // @ts-expect-error a field is missing
  log.warn("store.away", { gate: "main" });
  // @ts-expect-error a field is none of its own
  log.warn("store.away", { gate: "main", error, code: 1 });
  const more = { gate: "main", error, code: 1 };
  // @ts-expect-error nor by a variable
  log.warn("store.away", more);
  // @ts-expect-error nor as a part
  log.warn("store.away", { ...more });
  // @ts-expect-error a level of its own has fields of its own
  log.error("request.failed", { request_id: 1, method: 1, path: 1, code: 1, fault: 1, vendor: error });
  // @ts-expect-error one of two is none
  log.warn(isDevelopment ? "breaker.open" : "breaker.shut", { gate: 1, at: 1, from: 1, cause: 1, generation: 1 });
}
