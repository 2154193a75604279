import { describe, expect, test } from "vitest";
import { jsonLine, painter, printable } from "../../lib/cli/text.ts";

/** What others may write: a colour, a cleared screen, a title, C1, a carriage return, bidi, zero width, a lone half, NUL. */
const HOSTILE =
  "a\u001b[31mb\u001b[2Jc\u001b]0;t\u0007d\u009b1me\rf\u202eg\u200bh\ufeffi\ud800j\u0000k\u007fl\u2028m\nn\u{e0041}o";

describe("a line for an operator", () => {
  test("has our colours, and of what others wrote neither colours nor anything that drives a terminal", () => {
    const line = printable(`${painter(true)("bad", "open")} ${HOSTILE}`);
    expect(line.startsWith("\u001b[31mopen\u001b[39m a [31mb [2Jc")).toBe(true);
    expect(line.slice("\u001b[31mopen\u001b[39m".length)).toMatch(/^[\x20-\x7e]+$/);
  });

  test("keeps others' text free of colours where it is painted itself", () => {
    expect(printable(painter(true)("quiet", "by \u001b[32mada"))).toBe("\u001b[2mby  [32mada\u001b[22m");
  });

  test("has no colours where nobody sees them", () => {
    expect(printable(painter(false)("good", "sound"))).toBe("sound");
  });
});

test("a line of JSON loses nothing, and has no character that a terminal would obey", () => {
  const line = jsonLine({ reason: HOSTILE });
  expect(line).toMatch(/^[\x20-\x7e]+$/);
  expect(JSON.parse(line)).toEqual({ reason: HOSTILE });
});
