/** A trace on Deno: by an SDK for Node, which runs there, and by Deno's own. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { denoBinary, denoUnavailable } from "../support/deno.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const run = (script: string, env: Record<string, string> = {}) =>
  promisify(execFile)(denoBinary() ?? "deno", ["run", "--allow-all", "--no-prompt", script], {
    cwd: ROOT,
    env: { ...process.env, DENO_NO_UPDATE_CHECK: "1", ...env },
    timeout: 60_000,
    killSignal: "SIGKILL",
  });

describe.skipIf(denoUnavailable() !== undefined)(`on Deno: ${denoUnavailable() ?? "found"}`, () => {
  test("a request goes on with its caller's trace, and its statement is below it", { timeout: 90_000 }, async () => {
    const { stdout } = await run("test/telemetry/deno-traced.ts");
    const { spans, traceresponse } = JSON.parse(stdout);
    const [statement, request] = spans;
    expect(request).toMatchObject({
      name: "GET /orders/:id",
      trace: "0af7651916cd43dd8448eb211c80319c",
      parent: "b7ad6b7169203331",
    });
    expect(statement).toMatchObject({ name: "SELECT", trace: request.trace, parent: request.id });
    expect(traceresponse).toBe(`00-${request.trace}-${request.id}-01`);
  });

  test("a statement is below the span that Deno has made of the request, and its figures are told", {
    timeout: 90_000,
  }, async () => {
    const own = { OTEL_DENO: "true", OTEL_EXPORTER_OTLP_PROTOCOL: "console", NO_COLOR: "1" };
    const { stdout, stderr } = await run("test/telemetry/deno-own-traces.ts", own);
    const output = stdout + stderr;
    const [, trace, request] = /"00-([0-9a-f]{32})-([0-9a-f]{16})-01"/.exec(output) ?? [];
    expect(output).toMatch(new RegExp(`SPAN GET \\[${trace}/${request}\\] Server`));
    expect(output).toMatch(new RegExp(`SPAN SELECT \\[${trace}/[0-9a-f]{16}\\] Client [^]{0,40}parent: ${request}`));
    expect(output).toContain("tidegate.request_id");
    expect(output).toContain("tidegate.call.duration");
  });
});
