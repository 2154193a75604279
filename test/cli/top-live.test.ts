/** `tidegate top` while somebody looks at it: keys, sizes, and an instance that comes and goes. */
import { describe, expect, test } from "vitest";
import { CommandError, type Finding } from "../../lib/cli/command.ts";
import type { Screen, ScreenListener } from "../../lib/cli/screen.ts";
import { live } from "../../lib/cli/top/live.ts";
import type { Reading } from "../../lib/cli/top/reader.ts";
import { findingOf, watchOf } from "../../lib/cli/top/watch.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { reading } from "../support/top.ts";

/** A screen that remembers, and whose keys the test presses. */
function fakeScreen() {
  let listener: ScreenListener | null = null;
  const frames: string[] = [];
  const size = { columns: 80, rows: 24 };
  const screen: Screen = {
    colours: false,
    hasKeys: true,
    size: () => size,
    open: (heard) => {
      listener = heard;
    },
    draw: (lines) => void frames.push(lines.join("\n")),
    close: () => {
      listener = null;
    },
  };
  return {
    screen,
    size,
    isOpen: () => listener !== null,
    press: (key: string) => listener?.key(key),
    changed: () => listener?.changed(),
    last: () => frames.at(-1) ?? "",
  };
}

/** Somebody who looks at a fleet that answers each look with the next of these. */
async function looking(...answers: (Reading | Error)[]) {
  const runtime = manualRuntime();
  const left = new AbortController();
  let looks = 0;
  const read = async () => {
    const answer = answers[Math.min(looks, answers.length - 1)];
    looks += 1;
    if (answer === undefined || answer instanceof Error) throw answer;
    return answer;
  };
  const watch = watchOf(read, left.signal);
  await watch.look();
  const fake = fakeScreen();
  const url = "http://127.0.0.1:8787";
  const ended = live({ screen: fake.screen, watch, runtime, url, intervalMs: 2_000, gate: "main", left });
  const finding = (): Finding => findingOf(watch, "main");
  return { ...fake, runtime, ended, finding, looks: () => looks };
}

describe("whoever looks at it", () => {
  const AWAY = new CommandError(3, "nobody answers.", "Check it.");

  test("sees it drawn again each interval, and leaves by q", async () => {
    const { last, press, runtime, ended, isOpen, finding } = await looking(reading(0, 0, 0), reading(2_000, 240, 0));
    expect(last()).toContain("rates over -");
    await runtime.advance(2_000);
    expect(last()).toContain("rates over 2.0 s");
    press("q");
    expect(await ended).toBe("main");
    expect(isOpen()).toBe(false);
    expect(finding().exit).toBe(1);
  });

  test("goes from gate to gate by n, and sees another size at once", async () => {
    const { last, press, size, changed, ended } = await looking(reading(0, 0, 0));
    press("n");
    expect(last()).toContain("[mes] closed");
    press("n");
    expect(last()).toContain("[main] open");
    size.columns = 20;
    changed();
    expect(last()).toBe("20 x 24: 40 x 10 ne…");
    press("\u0003");
    await ended;
  });

  test("has it stand still by p, and what is now once it goes on", async () => {
    const { press, last, runtime, looks, ended } = await looking(reading(0, 0, 0), reading(9_000, 0, 0));
    press("p");
    await runtime.advance(60_000);
    expect([looks(), last()]).toEqual([1, expect.stringContaining("paused")]);
    press("p");
    await runtime.advance(0);
    expect([looks(), last()]).toEqual([2, expect.stringContaining("rates over 9.0 s")]);
    press("q");
    await ended;
  });

  test("is told of an instance that goes away, and sees it come back", async () => {
    const answers = [reading(0, 0, 0), AWAY, reading(4_000, 100, 0), AWAY];
    const { last, runtime, press, ended, finding } = await looking(...answers);
    await runtime.advance(2_000);
    expect(last()).toContain("nobody answers.");
    await runtime.advance(2_000);
    expect(last()).toContain("rates over 4.0 s");
    expect(last()).not.toContain("nobody answers.");
    await runtime.advance(2_000);
    press("q");
    await ended;
    expect(finding()).toMatchObject({ exit: 3, json: { error: { message: "nobody answers." } } });
  });

  test("has the terminal back when something breaks", async () => {
    const { runtime, ended, isOpen } = await looking(reading(0, 0, 0), new TypeError("broken"));
    const failed = expect(ended).rejects.toThrow("broken");
    await runtime.advance(2_000);
    await failed;
    expect(isOpen()).toBe(false);
  });
});
