/** What every line says about where it comes from. */
import { describe, expect, test } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { createLog } from "../../lib/log/log.ts";
import { originOf } from "../../lib/log/origin.ts";
import type { LogFields } from "../../lib/log/port.ts";
import { createRedactor } from "../../lib/log/redaction.ts";
import { memory } from "../../lib/store/memory.ts";
import type { Telemetry } from "../../lib/telemetry/port.ts";
import { fakeDatabase, manualRuntime } from "../../lib/testing/testing.ts";
import { type Log, tidegate } from "../../lib/tidegate.ts";
import { telemetryOf } from "../support/fake-telemetry.ts";

const IDS = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", sampled: true };
const redact = createRedactor({ secrets: [] });

/** The fields of one line of the built-in log. */
async function line(origin: () => LogFields, fields: LogFields = {}): Promise<Record<string, unknown>> {
  const lines: string[] = [];
  const sink = (written: readonly string[]) => void lines.push(...written);
  const log = createLog({ level: "info", format: "json", redact, origin, runtime: manualRuntime(), sink });
  log.info("a.b", fields);
  await log.flush();
  const { timestamp, level, event, ...rest } = JSON.parse(lines[0] ?? "");
  return rest;
}

describe("a line", () => {
  test("has the process, the instance as soon as it has a name, and the trace while one is under way", async () => {
    let [name, ids]: [string | null, typeof IDS | null] = [null, null];
    const origin = originOf({ instance: () => name, trace: () => ids });
    expect(await line(origin)).toEqual({ pid: process.pid });
    name = "one";
    expect(await line(origin)).toEqual({ pid: process.pid, instance: "one" });
    ids = IDS;
    const ofTrace = { trace_id: IDS.traceId, span_id: IDS.spanId };
    expect(await line(origin)).toEqual({ pid: process.pid, instance: "one", ...ofTrace });
  });

  test("keeps fields of its own that are called so, under another name", async () => {
    const fields = { instance: "theirs", pid: 1, field_pid: 2 };
    expect(await line(originOf({ instance: () => "ours" }), fields)).toEqual({
      ...{ field_instance: "theirs", field_field_pid: 1, field_pid: 2 },
      ...{ instance: "ours", pid: process.pid },
    });
  });
});

describe("an application", () => {
  function logging(telemetry?: Telemetry) {
    const lines: (readonly [event: string, fields: LogFields])[] = [];
    const write = (event: string, fields: LogFields = {}) => void lines.push([event, fields]);
    const log: Log = { debug: write, info: write, warn: write, error: write };
    const tide = tidegate({
      database: fakeDatabase(() => []),
      store: memory(),
      config: readConfig({ APP_ENV: "testing" }),
      runtime: manualRuntime(),
      log,
      telemetry,
    });
    return { tide, lines };
  }

  test("makes the instance's name when it is first needed, and not for the log", async () => {
    const { tide, lines } = logging();
    tide.log.info("before");
    const instance = tide.instance();
    tide.log.info("after", { own: 1 });
    expect(lines).toEqual([
      ["before", { pid: process.pid }],
      ["after", { own: 1, pid: process.pid, instance }],
    ]);
  });

  test("has the trace in its own lines and in Tidegate's", async () => {
    const { tide, lines } = logging(telemetryOf(IDS));
    await tide.db.query`select 1`;
    tide.log.warn("mine");
    for (const event of ["gate.life", "mine"])
      expect(lines.find(([name]) => name === event)?.[1]).toMatchObject({ trace_id: IDS.traceId, span_id: IDS.spanId });
  });
});
