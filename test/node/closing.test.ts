/** Ending a server that Node has not made. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { closerOf } from "../../lib/node/closing.ts";
import { because } from "../support/because.ts";

const bun = [join("node_modules", ".bin"), ...(process.env.PATH ?? "").split(delimiter)]
  .map((folder) => join(folder, "bun"))
  .find((path) => existsSync(path));
const reason = bun === undefined ? "bun is needed on the PATH: npm install bun" : undefined;

it.skipIf(reason)(`serves on Bun, and stops there${because(reason)}`, async () => {
  const { stdout } = await promisify(execFile)(bun ?? "", ["--conditions=tidegate-source", "test/support/served.ts"]);
  expect(stdout).toBe("served\nstopped\n");
});

it("closes a server by its own means where it is none of Node's, as Bun's is not", async () => {
  const asked: string[] = [];
  const server = {
    close: (closed: () => void) => {
      asked.push("close");
      queueMicrotask(closed);
    },
    closeIdleConnections: () => void asked.push("idle"),
    closeAllConnections: () => void asked.push("all"),
  };
  await closerOf(server as never, () => void asked.push("cut"))({ withinMs: 1_000, idle: "closed" });
  expect(asked).toEqual(["close", "idle"]);
});
