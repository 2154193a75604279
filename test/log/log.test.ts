import { describe, expect, test } from "vitest";
import { createLog, type LogOptions } from "../../lib/log/log.ts";
import { createRedactor } from "../../lib/log/redaction.ts";
import { type Runtime, systemRuntime } from "../../lib/runtime.ts";

const runtime: Runtime = { ...systemRuntime(), wallMs: () => Date.UTC(2026, 0, 2, 3, 4, 5, 6) };

function logging(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const log = createLog({
    level: "debug",
    format: "json",
    redact: createRedactor({ secrets: ["hunter2"] }),
    runtime,
    sink: (written) => void lines.push(...written),
    ...options,
  });
  return { log, lines };
}

describe("a line of JSON", () => {
  test("begins with time, level and event", async () => {
    const { log, lines } = logging();
    log.info("breaker.opened", { gate: "main", calls: 10 });
    await log.flush();
    expect(lines).toEqual([
      '{"timestamp":"2026-01-02T03:04:05.006Z","level":"info","event":"breaker.opened","gate":"main","calls":10}',
    ]);
  });

  test("keeps fields whose names are taken, under another", async () => {
    const { log, lines } = logging();
    log.warn("x", { level: 1, event: "e", timestamp: 0, field_level: 2 });
    await log.flush();
    expect(JSON.parse(lines[0] ?? "")).toEqual({
      timestamp: "2026-01-02T03:04:05.006Z",
      level: "warn",
      event: "x",
      field_level: 1,
      field_event: "e",
      field_timestamp: 0,
      field_field_level: 2,
    });
  });

  test("is one line, and without secrets in event, names and values", async () => {
    const { log, lines } = logging();
    log.error("login hunter2", {
      hunter2: "a\nb",
      url: "redis://:pw@h",
      error: new Error("x", { cause: new Error("hunter2") }),
    });
    await log.flush();
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toMatch(/hunter2|:pw@|\n/);
  });
});

describe("a pretty line", () => {
  test("is for people, with stacks below", async () => {
    const { log, lines } = logging({ format: "pretty" });
    const error = new Error("no hunter2", { cause: new Error("cable") });
    log.warn("pool.full", { waiting: 3, lane: "slow", note: "two words", nothing: undefined, error });
    await log.flush();
    const [first, second, ...rest] = (lines[0] ?? "").split("\n");
    expect(first).toBe('03:04:05.006Z WARN  pool.full waiting=3 lane=slow note="two words"');
    expect(second).toBe("    error: Error: no ***");
    expect(rest.some((line) => line.startsWith("    caused by: Error: cable"))).toBe(true);
  });

  test("cannot drive the terminal", async () => {
    const { log, lines } = logging({ format: "pretty" });
    log.info("a\u001b[2J", { "b\u0007": "\u001b]0;title\u0007", c: "\u202e" });
    await log.flush();
    expect(lines[0]).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

describe("a log", () => {
  test.each([
    ["debug", 4],
    ["info", 3],
    ["warn", 2],
    ["error", 1],
  ] as const)("of level %s writes %i of the four levels", async (level, count) => {
    const { log, lines } = logging({ level });
    log.debug("a");
    log.info("a");
    log.warn("a");
    log.error("a");
    await log.flush();
    expect(lines).toHaveLength(count);
  });

  test("never throws, whatever it is given and whatever the writer does", async () => {
    const { log } = logging({
      sink: () => {
        throw new Error("disk full");
      },
    });
    const hostile = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error("no");
        },
      },
    );
    expect(() => log.info("a", hostile)).not.toThrow();
    expect(() =>
      log.info("a", {
        toJSON: () => {
          throw new Error("no");
        },
      }),
    ).not.toThrow();
    await log.flush();
    expect(log.dropped()).toBe(2);
  });

  test("reports what it dropped in a line of its own", async () => {
    const { log, lines } = logging({ maxLines: 2 });
    for (let line = 0; line < 5; line++) log.info(`line.${line}`);
    await log.flush();
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { event: "log.dropped", level: "warn", lines: 3 },
      { event: "line.3" },
      { event: "line.4" },
    ]);
  });

  test("gives a flush up after its time when the writer hangs", async () => {
    const { log } = logging({ sink: () => new Promise(() => {}) });
    log.info("a");
    await log.flush(10);
    expect(log.dropped()).toBe(0);
  });
});
