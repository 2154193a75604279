/** Programs that have nothing else to do than to wait for a call: they hear what becomes of it before they end. */
import { execFile } from "node:child_process";
import { expect, it } from "vitest";

/** As the process of that program ends; see `support/waiting-script.ts`. */
function ended(program: string): Promise<{ readonly code: number; readonly out: string; readonly tookMs: number }> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const script = ["--conditions=tidegate-source", "test/support/waiting-script.ts", program];
    const child = execFile(process.execPath, script, (_, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, out: stdout + stderr, tookMs: performance.now() - startedAt });
    });
  });
}

it.each([
  ["its call's deadline", "deadline", "DatabaseError: The call did not end within"],
  ["its wait in line", "line", "connection is busy"],
])("a program ends with the error that comes of %s", async (_, program, error) => {
  const { code, out } = await ended(program);
  expect([code, out]).toEqual([1, expect.stringContaining(error)]);
});

it("a program ends with what a client's last attempt has come to", async () => {
  expect(await ended("client")).toMatchObject({ code: 0, out: "The service cannot be reached.\n" });
});

it("a program ends at once where nobody waits, whatever goes on in the background", async () => {
  const { code, out, tookMs } = await ended("background");
  expect([code, out, tookMs < 20_000]).toEqual([0, "done\n", true]);
});
