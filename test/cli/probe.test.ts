import { describe, expect, test } from "vitest";
import { openBreaker } from "../../lib/testing/testing.ts";
import { answering, cli, served } from "../support/cli.ts";
import { freePort } from "../support/processes.ts";

const payload = (status: string, more: object = {}) => ({
  status,
  services: { database: "ok", redis: "disabled" },
  degraded_reason: status === "healthy" ? null : "db_pool_saturated",
  age_ms: 1_200,
  ...more,
});
const health = (status: string, more: object = {}) =>
  answering(() => Response.json(payload(status, more), { status: status === "unhealthy" ? 503 : 200 }));

describe("tidegate probe", () => {
  test("says of a healthy application that it is, with figures after the bar", async () => {
    const { url } = await served();
    const { code, out, err } = await cli(["probe", url]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^TIDEGATE OK - healthy, 0\.\d s old \| time=\d+\.\d{3}s age=\d+\.\d{3}s saturation=0%\n/);
    expect(out).toContain("advice  none");
    expect(out).not.toContain("\u001b");
  });

  test("ends with 1 while it is degraded, unless that is expected", async () => {
    const { url, tide } = await served();
    await openBreaker(tide);
    const found = await cli(["probe", `${url}/health`]);
    expect(found.code).toBe(1);
    expect(found.out).toMatch(/^TIDEGATE WARNING - degraded \(circuit_breaker_open\)/);
    const expected = await cli(["probe", `${url}/health`, "--expect", "degraded-ok", "--json"]);
    expect(expected.code).toBe(0);
    expect(expected.json).toMatchObject({ verdict: "degraded", http_status: 200, exit_code: 0 });
    expect(expected.json.health.circuit_breaker.state).toBe("OPEN");
  });

  test("reads what a 503 says", async () => {
    const { url, faults } = await served();
    faults.set({ mode: "failing", forMs: 60_000 });
    const { code, json } = await cli(["probe", url, "--expect", "degraded-ok", "--json"]);
    expect(code).toBe(1);
    expect(json).toMatchObject({ verdict: "unhealthy", http_status: 503, health: { services: { database: "error" } } });
  });

  test("takes a database that nobody has looked at for no good sign", async () => {
    const url = await health("healthy", { services: { database: "unknown" }, stale: true, age_ms: 60_000 });
    const { code, out } = await cli(["probe", url]);
    expect(code).toBe(1);
    expect(out).toMatch(/^TIDEGATE WARNING - degraded \(database unknown\), 60 s old, stale/);
  });

  test("ends as a plugin of Nagios where that is wished for", async () => {
    const codes = [];
    for (const status of ["healthy", "degraded", "unhealthy"]) {
      codes.push((await cli(["probe", await health(status), "--nagios"])).code);
    }
    const nobody = await cli(["probe", `http://127.0.0.1:${await freePort()}`, "--nagios"]);
    expect([...codes, nobody.code]).toEqual([0, 1, 2, 2]);
    expect(nobody.out).toMatch(/^TIDEGATE CRITICAL - http:\/\/127\.0\.0\.1:\d+ cannot be reached: .*ECONNREFUSED/);
  });

  test("ends with 3 where nobody, somebody else, or nobody in time answers", async () => {
    expect((await cli(["probe", `http://127.0.0.1:${await freePort()}`])).code).toBe(3);
    const other = await cli(["probe", await answering(() => new Response("<h1>Welcome</h1>"))]);
    expect(other.code).toBe(3);
    expect(other.out).toContain("not as health does");
    const elsewhere = await answering(() => Response.redirect("https://example.com/"));
    expect((await cli(["probe", elsewhere])).code).toBe(3);
    const silent = await answering(() => new Promise<never>(() => {}));
    const late = await cli(["probe", silent, "--timeout", "1", "--json"]);
    expect(late.code).toBe(3);
    expect(late.json).toMatchObject({
      verdict: "unreachable",
      error: { message: expect.stringContaining("within 1 s") },
    });
  });

  test("brings a token to /health/deep alone", async () => {
    const seen: (string | null)[] = [];
    const url = await answering((request) => {
      seen.push(request.headers.get("authorization"));
      return Response.json(payload("healthy"));
    });
    const env = { TIDEGATE_TOKEN: "a-monitor-token" };
    await cli(["probe", `${url}/health`], env);
    await cli(["probe", `${url}/health/deep`], env);
    expect(seen).toEqual([null, "Bearer a-monitor-token"]);
  });

  test("reads the deep payload with a monitor's token, and says that one is needed", async () => {
    const token = "a-monitor-token-that-is-long-enough";
    const { url } = await served({ env: { MONITOR_TOKENS: `kuma:${token}` } });
    const deep = await cli(["probe", `${url}/health/deep`, "--json"], { TIDEGATE_TOKEN: token });
    expect(deep.code).toBe(0);
    expect(deep.json.health.checks.database.status).toBe("healthy");
    const without = await cli(["probe", `${url}/health/deep`]);
    expect(without.code).toBe(3);
    expect(without.out).toContain("set TIDEGATE_TOKEN");
  });

  test("lets nobody's text drive the terminal", async () => {
    const reason = "gone\u001b[2J\u009b1m\nsecond line";
    const url = await health("degraded", { degraded_reason: reason });
    const { out } = await cli(["probe", url]);
    expect(out).toContain("gone [2J 1m second line");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
    expect(out).not.toMatch(/[\u001b\u009b]/);
    const { out: line, json } = await cli(["probe", url, "--json"]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
    expect(line).not.toMatch(/[\u001b\u009b]/);
    expect(json.health.degraded_reason).toBe(reason);
  });

  test("refuses what it cannot read, before it asks anybody", async () => {
    for (const args of [[], ["not-a-url"], ["ftp://x"], ["http://a", "b"], ["http://a", "--expect", "luck"]]) {
      expect((await cli(["probe", ...args])).code).toBe(2);
    }
    const login = await cli(["probe", "http://ada:hidden-word@127.0.0.1/"]);
    expect(login.code).toBe(2);
    expect(login.err).not.toContain("hidden-word");
  });
});
