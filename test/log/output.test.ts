import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test, vi } from "vitest";
import { standardOutput } from "../../lib/log/output.ts";
import { systemRuntime } from "../../lib/runtime.ts";

const script = (body: string) => `
  import { createLog } from ${JSON.stringify(new URL("../../lib/log/log.ts", import.meta.url).href)};
  import { createRedactor } from ${JSON.stringify(new URL("../../lib/log/redaction.ts", import.meta.url).href)};
  import { systemRuntime } from ${JSON.stringify(new URL("../../lib/runtime.ts", import.meta.url).href)};
  const log = createLog({ level: "info", format: "json", redact: createRedactor({ secrets: [] }), runtime: systemRuntime() });
  ${body}`;

const start = (body: string) =>
  spawn(process.execPath, ["--input-type=module", "--eval", script(body)], { stdio: ["ignore", "pipe", "pipe"] });

test("on Node, what was logged is out before the process ends by itself", async () => {
  const child = start(`for (let n = 0; n < 500; n++) log.info("line", { n });`);
  let text = "";
  child.stdout.on("data", (chunk) => {
    text += chunk;
  });
  await once(child, "close");
  expect(
    text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).n),
  ).toEqual(Array.from({ length: 500 }, (_, n) => n));
});

test("on Node, a pipe that nobody reads blocks nothing, and costs the oldest lines", async () => {
  const child = start(`
    const long = "x".repeat(4_000);
    for (let turn = 0; turn < 50; turn++) {
      for (let n = 0; n < 100; n++) log.info("line", { n, long });
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    process.stderr.write(String(log.dropped()));`);
  child.stdout.pause();
  const [dropped] = await once(child.stderr, "data");
  expect(Number(dropped)).toBeGreaterThan(1_000);
  child.kill("SIGKILL");
  child.stdout.destroy();
});

test("on Node, a reader that goes away ends nothing", async () => {
  const child = start(`
    log.info("one");
    await log.flush();
    await new Promise((resolve) => setTimeout(resolve, 200));
    log.info("two");
    await log.flush();
    process.stderr.write("alive " + log.dropped());`);
  let text = "";
  child.stderr.on("data", (chunk) => {
    text += chunk;
  });
  await once(child.stdout, "data");
  child.stdout.destroy();
  await once(child, "exit");
  expect(text).toBe("alive 1");
});

test("elsewhere the console gets a call for each line", async () => {
  vi.stubGlobal("navigator", { userAgent: "Cloudflare-Workers" });
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  await standardOutput(systemRuntime())(["a", "b"]);
  expect(log.mock.calls).toEqual([["a"], ["b"]]);
  vi.unstubAllGlobals();
  log.mockRestore();
});
