/** `tidegate top` as a process, beside an application behind a real port. */
import { describe, expect, test } from "vitest";
import { openBreaker } from "../../lib/testing/testing.ts";
import { answering, cli, served, TOKEN } from "../support/cli.ts";

const MONITOR = "a-monitor-token-that-is-long-enough";
const ONCE = ["top", "--interval", "1", "--count", "1"];

describe("tidegate top without a terminal", () => {
  test("writes a line for each interval, and ends with what it saw last", async () => {
    const { cli: run, url } = await served();
    const traffic = setInterval(() => void fetch(`${url}/orders`).catch(() => {}), 30);
    const { code, out, err } = await run("top", "--interval", "1", "--count", "2").finally(() =>
      clearInterval(traffic),
    );
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out.trimEnd().split("\n")).toHaveLength(2);
    for (const line of out.trimEnd().split("\n")) {
      expect(line).toMatch(
        /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ healthy; main closed; request \d+ of 30, 0 waiting, ok [1-9]/,
      );
      expect(line).toMatch(/ok [\d.]+\/s, failed 0\/s, refused 0\/s, p50 [\d.]+ m?s, .*http [1-9]\d*\/s p50 /);
      expect(line).not.toContain("\u001b");
    }
  });

  test("writes JSON, an object for each interval, with how it would end", async () => {
    const { cli: run, tide } = await served();
    await openBreaker(tide);
    const { code, out } = await run("top", "--interval", "1", "--count", "2", "--json");
    const lines = out.trimEnd().split("\n");
    expect({ code, lines: lines.length }).toEqual({ code: 1, lines: 2 });
    for (const line of lines) {
      const said = JSON.parse(line);
      expect(said).toMatchObject({ gates: { main: "open" }, http: { per_second: 0 }, exit_code: 1 });
      expect(said.over_seconds).toBeGreaterThanOrEqual(0.9);
    }
  });

  test("shows a monitor all but instances, events, and who forced a breaker", async () => {
    const { url, tide } = await served({ env: { MONITOR_TOKENS: `eyes:${MONITOR}` } });
    await openBreaker(tide);
    const args = [...ONCE, "--json", "--url", url];
    const monitor = await cli(args, { TIDEGATE_TOKEN: MONITOR });
    expect(monitor.code).toBe(1);
    expect(monitor.json).toMatchObject({
      health: { status: "degraded", degraded_reason: "circuit_breaker_open" },
      advice: { action: expect.any(String), message: expect.any(String) },
      gate: { name: "main", breaker: { state: "open", forced: { mode: "force_open" } } },
      restarts: { state: "allowed" },
      instances: 1,
      instance_list: null,
      events: null,
      exit_code: 1,
    });
    const admin = await cli(args, { TIDEGATE_TOKEN: TOKEN });
    expect(admin.json).toMatchObject({
      health: { status: "degraded" },
      gate: { breaker: { forced: { actor: "test", reason: "forced by a test" } } },
      instance_list: [{ runtime: "node", version: "1.2.3" }],
      events: [
        { kind: "transition", to: "open", gate: "main" },
        { kind: "override", actor: "test" },
      ],
    });
  });

  test("shows the gate that was asked for, and says which there are", async () => {
    const { cli: run, tide } = await served();
    await tide.gate("billing", { capacity: 3 }).run(() => Promise.resolve());
    const { code, json } = await run(...ONCE, "--json", "--gate", "billing");
    expect({ code, gate: json.gate.name, request: json.gate.lanes.request.capacity }).toEqual({
      code: 0,
      gate: "billing",
      request: 3,
    });
    const none = await run(...ONCE, "--gate", "bills");
    expect(none.code).toBe(2);
    expect(none.err).toContain("There are main, billing.");
  });

  test("ends with 3 where nobody answers at first, and says so where it goes away later", async () => {
    const env = { TIDEGATE_TOKEN: TOKEN };
    const never = await cli([...ONCE, "--url", "http://127.0.0.1:9"], env);
    expect(never).toMatchObject({ code: 3, out: "" });
    const { app } = await served();
    let asked = 0;
    const url = await answering((request) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/metrics") asked += 1;
      if (asked > 1) return new Response("gone", { status: 502 });
      return app.request(pathname, { headers: request.headers });
    });
    const later = await cli([...ONCE, "--url", url], env);
    expect(later.code).toBe(3);
    expect(later.out).toBe(`${url} answers 502 with something that is not Tidegate's.\n`);
  });

  test("takes figures of others for no answer, and a token that nobody knows for a refusal", async () => {
    const env = { TIDEGATE_TOKEN: TOKEN };
    const others = await answering(() => new Response("# TYPE go_threads gauge\ngo_threads 1\n"));
    expect((await cli([...ONCE, "--url", others], env)).code).toBe(3);
    const { url } = await served();
    const unknown = await cli([...ONCE, "--url", url], { TIDEGATE_TOKEN: "another-token-of-somebody" });
    expect(unknown.code).toBe(1);
    expect(unknown.err).toMatch(/^Refused \(UNAUTHORIZED\)/);
  });

  test.each([
    ["--interval", "0"],
    ["--count", "0"],
    ["--count", "many"],
  ])("does not understand %s %s", async (...args) => {
    expect((await cli(["top", ...args], { TIDEGATE_TOKEN: TOKEN })).code).toBe(2);
  });
});
