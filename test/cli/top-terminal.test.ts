/** `tidegate top` on a real terminal, looking at a real process. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { because } from "../support/because.ts";
import { TOKEN } from "../support/cli.ts";
import { type Demo, startDemo } from "../support/demo.ts";
import { eventually } from "../support/processes.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const GIVEN_BACK = "\u001b[?7h\u001b[?25h\u001b[?1049l";
const unavailable =
  process.platform === "linux" && spawnSync("script", ["--version"]).status === 0
    ? undefined
    : "script of util-linux makes the terminal";

interface Session {
  output(): string;
  type(keys: string): void;
  readonly ended: Promise<number | null>;
}

describe.skipIf(unavailable)(`tidegate top on a terminal${because(unavailable)}`, () => {
  let demo: Demo;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    demo = await startDemo({ ADMIN_TOKENS: `tester:${TOKEN}` });
  });
  afterAll(async () => {
    for (const child of children) child.kill("SIGKILL");
    await demo?.stop();
  });

  function session(env: Record<string, string> = {}): Session {
    const command = [process.execPath, "--conditions=tidegate-source", "lib/cli/tidegate.ts", "top", "--interval", "1"];
    const child = spawn("script", ["-qefc", command.join(" "), "/dev/null"], {
      cwd: ROOT,
      env: { PATH: process.env.PATH ?? "", TERM: "xterm", TIDEGATE_URL: demo.url, TIDEGATE_TOKEN: TOKEN, ...env },
    });
    children.push(child);
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    return { output: () => output, type: (keys) => void child.stdin.write(keys), ended };
  }

  test("shows the fleet until q is pressed, and leaves the terminal as it was", async () => {
    const { output, type, ended } = session();
    await eventually("it has looked twice", () => /rates over [\d.]+ s/.test(output()), 20_000);
    expect(output()).toMatch(/breaker .*main .*closed/);
    expect(output()).toMatch(/instances +.*1/);
    expect(output()).toContain("\u001b[32mhealthy\u001b[39m");
    type("q");
    expect(await ended).toBe(0);
    expect(output().endsWith(GIVEN_BACK)).toBe(true);
  });

  test("has no colours where nobody wants them, and leaves by Ctrl-C too", async () => {
    const { output, type, ended } = session({ NO_COLOR: "1" });
    await eventually("it has drawn", () => output().includes("every 1 s"), 20_000);
    type("\u0003");
    expect(await ended).toBe(0);
    expect(output()).toContain("healthy");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
    expect(output()).not.toMatch(/\u001b\[\d+m/);
  });
});
