import { describe, expect, test } from "vitest";
import { FORMATS, type LogRecord } from "../../lib/log/format.ts";

const record = (fields: LogRecord["fields"], more: Partial<LogRecord> = {}): LogRecord => ({
  at: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  level: "info",
  event: "a.b",
  fields,
  ...more,
});
const pretty = (fields: LogRecord["fields"], more: Partial<LogRecord> = {}) => FORMATS.pretty(record(fields, more));

describe("a line of JSON", () => {
  test("keeps a field that is named like a prototype, and names like its own", () => {
    const fields: Record<string, unknown> = JSON.parse('{"__proto__":1,"event":2,"field_event":3}');
    const line = FORMATS.json(record(fields));
    expect(line).toBe(
      '{"timestamp":"2026-01-02T03:04:05.006Z","level":"info","event":"a.b",' +
        '"field___proto__":1,"field_event":2,"field_field_event":3}',
    );
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, 9e15])("is not lost to a clock that shows %d", (at) => {
    expect(JSON.parse(FORMATS.json(record({}, { at })))).toMatchObject({ timestamp: "1970-01-01T00:00:00.000Z" });
  });
});

describe("what others wrote", () => {
  const hostile = "\u001b[31m \u007f \u009b2J \r \u0000 \u202e \u200b \u2028 \ud800 \u{e0041}";

  test("has no character in a line of JSON that a terminal would obey or hide, and is the same text", () => {
    const line = FORMATS.json(record({ [hostile]: hostile }, { event: hostile }));
    expect(line).toMatch(/^[\x20-\x7e]+$/);
    expect(JSON.parse(line)).toMatchObject({ event: hostile, [hostile]: hostile });
  });

  test("has none in a pretty line either", () => {
    expect(pretty({ [hostile]: hostile, list: [hostile] }, { event: hostile })).toMatch(/^[\x20-\x7e]+$/);
  });
});

describe("a pretty line", () => {
  test("has its level in five characters, and nothing behind an event without fields", () => {
    expect(pretty({})).toBe("03:04:05.006Z INFO  a.b");
    expect(pretty({}, { level: "error" })).toBe("03:04:05.006Z ERROR a.b");
  });

  test("has words as they are, and quotes what is more than one or could be taken for something else", () => {
    const values = {
      a: "x/y?z=1&b=[c]",
      b: "",
      c: 'say "x"',
      d: "a'b",
      e: "ä",
      f: 1,
      g: null,
      h: { x: "y z" },
      i: [1],
    };
    expect(pretty(values)).toBe(
      '03:04:05.006Z INFO  a.b a=x/y?z=1&b=[c] b="" c="say \\"x\\"" d="a\'b" e="ä" f=1 g=null h={"x":"y z"} i=[1]',
    );
  });

  test("writes what would move the cursor as what it is, with four digits", () => {
    expect(pretty({ a: "\u0007", "\u202e": { b: "\u007f\u200b" } }, { event: "a\u001b" })).toBe(
      '03:04:05.006Z INFO  a\\u001b a="\\u0007" \\u202e={"b":"\\u007f\\u200b"}',
    );
  });

  test("has errors below it, each with its causes and its parts, and further in what holds no stack", () => {
    const error = {
      stack: "Error: outer\n    at x",
      cause: { stack: "Error: inner", cause: "a text" },
      errors: [{ stack: "Error: one", errors: [{ stack: "Error: deep" }] }, { stack: 7 }, null],
    };
    expect(pretty({ n: 1, error, other: { stack: 7 } })).toBe(
      [
        '03:04:05.006Z INFO  a.b n=1 other={"stack":7}',
        "    error: Error: outer",
        "        at x",
        "    caused by: Error: inner",
        "    one of: Error: one",
        "    one of: Error: deep",
      ].join("\n"),
    );
  });

  test("writes an error's lines without what would move the cursor", () => {
    expect(pretty({ error: { stack: "Error: \u001b[2J" } })).toBe(
      "03:04:05.006Z INFO  a.b\n    error: Error: \\u001b[2J",
    );
  });
});
