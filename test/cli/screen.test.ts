/** A terminal that a command has to itself, and gives back. */
import { EventEmitter } from "node:events";
import { describe, expect, test } from "vitest";
import { type Host, screenOf } from "../../lib/cli/screen.ts";

describe("a terminal", () => {
  function fakeHost(env: Record<string, string> = {}) {
    const written: string[] = [];
    const killed: string[] = [];
    const modes: boolean[] = [];
    const stdin = Object.assign(new EventEmitter(), {
      isTTY: true,
      setRawMode: (mode: boolean) => modes.push(mode),
      setEncoding: () => stdin,
      resume: () => stdin,
      pause: () => stdin,
    });
    const stdout = Object.assign(new EventEmitter(), {
      isTTY: true,
      columns: 0,
      rows: 0,
      write: (text: string) => written.push(text),
    });
    const kill = (_: number, signal: string) => killed.push(signal);
    const host = Object.assign(new EventEmitter(), { stdin, stdout, env, pid: 1, kill, platform: "linux" });
    return { host: host as unknown as Host, emitter: host, stdin, stdout, written, killed, modes };
  }
  const ENTERED = "\u001b[?1049h\u001b[?25l\u001b[?7l";
  const LEFT = "\u001b[?7h\u001b[?25h\u001b[?1049l";
  const opened = () => {
    const fake = fakeHost();
    const screen = screenOf(fake.host, true);
    const keys: string[] = [];
    let changes = 0;
    screen?.open({ key: (key) => keys.push(key), changed: () => (changes += 1) });
    return { ...fake, screen, keys, changes: () => changes };
  };

  test("is none where nobody looks, or where it can only go on writing", () => {
    const { host, stdout } = fakeHost({ TERM: "dumb" });
    expect(screenOf(host, true)).toBeNull();
    const piped = fakeHost();
    piped.stdout.isTTY = false;
    expect(screenOf(piped.host, true)).toBeNull();
    expect(stdout.listenerCount("resize")).toBe(0);
  });

  test("is given back as it was, and nobody listens to it any more", () => {
    const { screen, written, modes, emitter, stdin, stdout } = opened();
    expect(screen?.size()).toEqual({ columns: 80, rows: 24 });
    screen?.close();
    screen?.close();
    expect([written, modes]).toEqual([
      [ENTERED, LEFT],
      [true, false],
    ]);
    for (const one of [emitter, stdin, stdout]) expect(one.eventNames()).toEqual([]);
  });

  test.each(["SIGINT", "SIGTERM", "SIGHUP"])("is given back before %s ends the process", (signal) => {
    const { emitter, written, killed } = opened();
    emitter.emit(signal, signal);
    expect(written.at(-1)).toBe(LEFT);
    expect(killed).toEqual([signal]);
    expect(emitter.eventNames()).toEqual([]);
  });

  test("is given back where the process ends by an error", () => {
    const { emitter, written, modes } = opened();
    emitter.emit("exit", 1);
    expect([written.at(-1), modes.at(-1)]).toEqual([LEFT, false]);
  });

  test("tells keys one by one, a new size, and whoever comes back to it", () => {
    const { emitter, stdin, stdout, keys, written, killed, changes } = opened();
    stdin.emit("data", "np");
    stdin.emit("data", "\u001b[A");
    stdin.emit("data", "q");
    expect(keys).toEqual(["n", "p", "q"]);
    stdout.emit("resize");
    expect(changes()).toBe(1);
    stdin.emit("data", "\u001a");
    expect([written.at(-1), killed]).toEqual([LEFT, ["SIGTSTP"]]);
    emitter.emit("SIGCONT");
    expect([written.at(-1), changes()]).toEqual([ENTERED, 2]);
  });
});
