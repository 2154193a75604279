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

  describe("as a plugin of Nagios", () => {
    const plugin = (...args: string[]) => cli(["probe", ...args, "--nagios"]);
    /** One line with at most one bar, and nothing beside it. */
    const LINE = /^TIDEGATE (OK|WARNING|CRITICAL|UNKNOWN) - [^|\n]+(?: \|(?: \w+=[\d.]+(?:s|%))+)?\n$/;

    test("ends by the verdict, with figures", async () => {
      const { url } = await served();
      const fine = await plugin(url);
      expect(fine).toMatchObject({ code: 0, err: "", out: expect.stringMatching(LINE) });
      expect(fine.out).toMatch(/ \| time=[\d.]+s age=[\d.]+s saturation=0%\n$/);
      const codes = [];
      for (const status of ["healthy", "degraded", "unhealthy"]) codes.push((await plugin(await health(status))).code);
      expect(codes).toEqual([0, 1, 2]);
      const reason = "one | two";
      expect((await plugin(await health("degraded", { degraded_reason: reason }))).out).toMatch(LINE);
    });

    test("says CRITICAL where nobody answers, or a proxy in its place", async () => {
      const nobody = await plugin(`http://127.0.0.1:${await freePort()}`);
      expect(nobody.code).toBe(2);
      expect(nobody.out).toMatch(/^TIDEGATE CRITICAL - http:\/\/127\.0\.0\.1:\d+ cannot be reached: .*ECONNREFUSED/);
      const proxy = await answering(() => new Response("<h1>Bad Gateway</h1>", { status: 502 }));
      expect(await plugin(proxy)).toMatchObject({ code: 2, out: expect.stringMatching(/^TIDEGATE CRITICAL .* 502/) });
    });

    test("says UNKNOWN where the answer says nothing of its health", async () => {
      const answers = [
        () => Response.json({ success: false }, { status: 401 }),
        () => new Response("no", { status: 403 }),
        () => new Response("<h1>Welcome</h1>"),
        () => Response.json({ status: "up" }),
        () => Response.redirect("https://example.com/"),
      ];
      for (const answer of answers) {
        const found = await plugin(await answering(answer));
        expect(found).toMatchObject({ code: 3, err: "", out: expect.stringMatching(/^TIDEGATE UNKNOWN - /) });
        expect(found.out).toMatch(LINE);
      }
    });

    test("says UNKNOWN where it cannot ask, on the output that monitors read", async () => {
      const missing = ["--token-file", "/nowhere/token"];
      const lines = [
        ["probe", "--nagios"],
        ["probe", "not-a-url", "--nagios"],
        ["probe", "http://127.0.0.1", "--nagios", "--warning", "3"],
        ["probe", "http://127.0.0.1", "--nagios=yes"],
        ["probe", "http://127.0.0.1", "--nagios", "--timeout", "soon"],
        ["probe", "http://127.0.0.1/health/deep", "--nagios", ...missing],
        ["prob", "http://127.0.0.1", "--nagios"],
      ];
      for (const line of lines) {
        const { code, out, err } = await cli(line);
        expect({ line, code, err }).toEqual({ line, code: 3, err: "" });
        expect(out).toMatch(LINE);
        expect(out).toMatch(/^TIDEGATE UNKNOWN - /);
      }
    });

    test("says UNKNOWN of a token that has no end, and reads no further than one may be long", async () => {
      const endless = ["probe", "http://127.0.0.1/health/deep", "--nagios", "--token-file", "/dev/zero"];
      expect(await cli(endless)).toMatchObject({ code: 3, out: expect.stringContaining("16384 characters at most") });
    });

    test("explains itself with the code of no verdict, as plugins do", async () => {
      const { code, out } = await plugin("--help");
      expect({ code, first: out.split("\n")[0] }).toEqual({ code: 3, first: "tidegate probe URL [options]" });
      expect((await cli(["probe", "--help"])).code).toBe(0);
    });
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
