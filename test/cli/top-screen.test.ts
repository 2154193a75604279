/** What `tidegate top` shows, at the sizes that terminals have. */
import { describe, expect, test } from "vitest";
import { painter } from "../../lib/cli/text.ts";
import { figuresOf } from "../../lib/cli/top/figures.ts";
import { painted, placesOf } from "../../lib/cli/top/lines.ts";
import { plainLine } from "../../lib/cli/top/plain-line.ts";
import { type Situation, type Size, screenOf, textsOf } from "../../lib/cli/top/view.ts";
import { reading } from "../support/top.ts";

const USUAL: Size = { columns: 80, rows: 24 };
const SITUATION: Situation = {
  url: "http://127.0.0.1:8787",
  intervalSeconds: 2,
  trouble: null,
  isPaused: false,
  hasKeys: true,
};

const FIGURES = figuresOf(reading(0, 0, 0), reading(2_000, 240, 25), "main");
const shown = (size: Size, situation: Partial<Situation> = {}, figures = FIGURES) =>
  textsOf(screenOf(figures, { ...SITUATION, ...situation }, size));

describe("the screen of tidegate top", () => {
  test("has all that matters in a terminal of the usual size", () => {
    const lines = shown(USUAL);
    const text = lines.join("\n");
    expect(lines).toHaveLength(24);
    for (const line of [
      /^tidegate top {2}http:\/\/127.0.0.1:8787 +2026-01-31 12:00:55 UTC$/m,
      /^health +degraded \(circuit_breaker_open\); rates over 2.0 s$/m,
      /^advice +wait_for_circuit_half_open: The breaker is open/m,
      /^breaker +main open for 12 s, 10 of 20 failed; probes may pass in 18 s$/m,
      /^restarts +cooldown, 34 s left$/m,
      /^gates +\[main\] open {2}mes closed$/m,
      /^lane +cap run resv free wait ok\/s fail\/s ign\/s ref\/s +p50\* +p95\* +p99\*$/m,
      /^request +30 +30 +0 +0 +7 +120 +0 +0 +13 +18 ms +24 ms +25 ms$/m,
      /^slow( +-){5}/m,
      /^refused\/s +request: open 13$/m,
      /^instances +1 of 40$/m,
      /^node 1.4.0 +.*heard 12:00:52 +instance-0$/m,
      /^2026-01-31 11:39:00 +main: closed -> open: failure rate$/m,
    ]) {
      expect(text).toMatch(line);
    }
    expect(lines.at(-1)).toBe("q leave  p pause  n next gate  every 2 s");
  });

  test("has longer heads and more instances and events where there is room", () => {
    const lines = shown({ columns: 120, rows: 40 });
    const text = lines.join("\n");
    expect(lines).toHaveLength(40);
    expect(text).toMatch(/^lane +capacity +running +reserved +free +waiting +ok\/s +failed\/s/m);
    const [instances, events] = [/^node 1.4.0/gm, /closed -> open/g].map((of) => text.match(of)?.length ?? 0);
    expect([instances, events]).toEqual([10, 10]);
  });

  test.each([
    [200, 60],
    [80, 24],
    [60, 14],
    [40, 10],
    [30, 8],
    [7, 1],
  ])("fits %i columns and %i rows", (columns, rows) => {
    const lines = shown({ columns, rows }, { trouble: "https://fab.example cannot be reached: ".repeat(9) });
    expect(lines.length).toBeLessThanOrEqual(rows);
    for (const line of lines) expect(placesOf(line)).toBeLessThanOrEqual(columns);
  });

  test("says what it needs where there is too little room", () => {
    expect(shown({ columns: 39, rows: 24 })).toEqual(["39 x 24: 40 x 10 needed"]);
    expect(shown({ columns: 80, rows: 9 })).toEqual(["80 x 9: 40 x 10 needed"]);
  });

  test("says what keeps it from newer figures, and that it is paused", () => {
    const away = shown(USUAL, { trouble: "it cannot be reached: connect ECONNREFUSED." });
    expect(away[2]).toBe("           it cannot be reached: connect ECONNREFUSED.");
    expect(away.at(-1)).toContain("away");
    expect(shown(USUAL, { isPaused: true }).at(-1)).toContain("p go on  n next gate  paused");
  });

  test("shows what is not known as not known", () => {
    const figures = figuresOf(null, { ...reading(0, 5, 5), told: null, system: null }, "main");
    const text = shown(USUAL, {}, figures).join("\n");
    expect(text).toMatch(/^health +unknown; rates over -$/m);
    expect(text).toMatch(/^request +30 +30 +0 +0 +7( +-){7}$/m);
    expect(text).toMatch(/^http\* +-$/m);
    expect(text).toMatch(/^instances +40 {2}.*take an admin's token$/m);
    const detached = figuresOf(null, { ...reading(0, 0, 0), samples: new Map() }, "main");
    expect(shown(USUAL, {}, detached).join("\n")).toMatch(/^breaker +main unknown: the state store does not answer$/m);
    const forgotten = figuresOf(null, reading(0, 0, 0), "gone");
    expect(shown(USUAL, {}, forgotten).join("\n")).toMatch(/^breaker +gone unknown: it is not shown any more$/m);
  });

  test("lets nothing that others wrote drive the terminal, and has colours where they are seen", () => {
    const lines = screenOf(FIGURES, SITUATION, { columns: 120, rows: 40 });
    const bare = lines.map((line) => painted(line, painter(false))).join("\n");
    expect(bare).toMatch(/^[\x20-\x7e\n…]+$/);
    expect(lines.map((line) => painted(line, painter(true))).join("\n")).toContain("\u001b[31mopen\u001b[39m for 12 s");
  });
});

test("a plain line has the moment, the verdict, the breaker, both lanes and the requests", () => {
  expect(plainLine(FIGURES, painter(false))).toBe(
    "2026-01-31T12:00:55Z degraded (circuit_breaker_open); main open (probes may pass in 18 s); " +
      "request 30 of 30, 7 waiting, ok 120/s, failed 0/s, refused 13/s (open 13), p50 18 ms, p95 24 ms, p99 25 ms; " +
      "slow - of -, - waiting, ok 0/s, failed 0/s, refused 0/s; http 0/s; instances 40",
  );
});
