import { describe, expect, test } from "vitest";
import { chooseLog } from "../../lib/log/choose.ts";
import { createLog } from "../../lib/log/log.ts";
import type { LogFields } from "../../lib/log/port.ts";
import { createRedactor } from "../../lib/log/redaction.ts";
import { createSink, MAX_BYTES, MAX_LINES } from "../../lib/log/sink.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";

const redact = createRedactor({ secrets: ["hunter2"] });
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

/** A writer that is busy for ever with what it got first; the sink behind it. */
async function stuck(options: { readonly maxLines?: number; readonly maxBytes?: number } = {}) {
  const sink = createSink({ write: () => new Promise(() => {}), notice: String, ...options });
  sink.write("first");
  await settled();
  return sink;
}

describe("a sink", () => {
  test("keeps 1,024 lines and 4 MiB of them, where nobody says otherwise", async () => {
    expect([MAX_LINES, MAX_BYTES]).toEqual([1_024, 4_194_304]);
    const lines = await stuck();
    for (let n = 0; n < MAX_LINES; n++) lines.write("");
    expect(lines.dropped()).toBe(0);
    lines.write("");
    expect(lines.dropped()).toBe(1);
    const bytes = await stuck();
    for (let n = 0; n < 4; n++) bytes.write("x".repeat(MAX_BYTES / 8));
    expect(bytes.dropped()).toBe(0);
    bytes.write("x");
    expect(bytes.dropped()).toBe(1);
  });

  test("forgets the bytes of what it has lost, and of what it has handed over", async () => {
    const sink = await stuck({ maxBytes: 20 });
    for (const line of ["aaaaa", "bbbbb", "ccccc", "ddddd"]) sink.write(line);
    expect(sink.dropped()).toBe(2);
    const written: string[] = [];
    const open = createSink({ write: (lines) => void written.push(...lines), notice: String, maxBytes: 20 });
    for (let n = 0; n < 3; n++) {
      open.write("aaaaaaaaaa");
      await open.flush();
    }
    expect([written.length, open.dropped()]).toEqual([3, 0]);
  });

  test("reports what was lost once", async () => {
    const written: string[] = [];
    const sink = createSink({ write: (lines) => void written.push(...lines), notice: String, maxLines: 1 });
    for (const line of ["a", "b", "c"]) sink.write(line);
    await sink.flush();
    sink.write("d");
    await sink.flush();
    expect(written).toEqual(["2", "c", "d"]);
  });
});

describe("a log", () => {
  function logging(runtime = manualRuntime(), hangs = false) {
    const lines: string[] = [];
    const sink = (written: readonly string[]) => (hangs ? new Promise<void>(() => {}) : void lines.push(...written));
    return { lines, runtime, log: createLog({ level: "debug", format: "json", redact, runtime, sink }) };
  }

  test("gives a flush two seconds, where nobody says otherwise", async () => {
    const { log, runtime } = logging(manualRuntime(), true);
    log.info("a");
    let flushed = false;
    const flushing = log.flush().then(() => {
      flushed = true;
    });
    await runtime.advance(1_999);
    expect(flushed).toBe(false);
    await runtime.advance(1);
    await flushing;
    expect(runtime.pendingTimers()).toBe(0);
  });

  test("writes the event alone where its clock fails, or what it is given cannot be read", async () => {
    const broken = () => {
      throw new Error("no clock");
    };
    const { log, lines } = logging({ ...manualRuntime(), wallMs: broken });
    log.warn("a", { b: 1 });
    await log.flush();
    expect(lines).toEqual(['{"timestamp":"1970-01-01T00:00:00.000Z","level":"warn","event":"log.failed"}']);
  });

  test("has fields that are no object under a name of their own", async () => {
    const { log, lines } = logging();
    for (const fields of ["hunter2 text", null, 7]) log.info("a", fields as unknown as LogFields);
    await log.flush();
    expect(lines.map((line) => JSON.parse(line).fields)).toEqual(["*** text", null, 7]);
  });
});

describe("the log that is chosen", () => {
  const PARTS = { redact, settings: { level: "error", format: "json" }, origin: () => ({ pid: 7 }) } as const;

  test("is the application's own, level by level, whose flush has nothing to wait for", async () => {
    const said: unknown[] = [];
    const say =
      (level: string) =>
      (...told: unknown[]) =>
        void said.push([level, ...told]);
    const own = { debug: say("debug"), info: say("info"), warn: say("warn"), error: say("error") };
    const { log, flush } = chooseLog({ ...PARTS, own, runtime: manualRuntime() });
    log.debug("a", { password: "x" });
    log.info("b");
    log.warn("c", { text: "hunter2" });
    log.error("d", {});
    expect(await flush()).toBeUndefined();
    expect(said).toEqual([
      ["debug", "a", { password: "***", pid: 7 }],
      ["info", "b", { pid: 7 }],
      ["warn", "c", { text: "***", pid: 7 }],
      ["error", "d", { pid: 7 }],
    ]);
  });

  test("that throws is not heard of", () => {
    const broken = () => {
      throw new Error("disk full");
    };
    const own = { debug: broken, info: broken, warn: broken, error: broken };
    const { log } = chooseLog({ ...PARTS, own, runtime: manualRuntime() });
    expect(() => log.error("a")).not.toThrow();
  });
});
