import { describe, expect, test } from "vitest";
import { openBreaker } from "../../lib/testing/testing.ts";
import { answering, cli, served, TOKEN } from "../support/cli.ts";

describe("tidegate status", () => {
  test("shows a healthy system in a screen", async () => {
    const { cli: run } = await served();
    const { code, out, err } = await run("status");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out.split("\n")[0]).toBe("healthy");
    for (const line of [
      /^as of +\d{4}-\d\d-\d\dT[\d:.]+Z; breaker, lanes and restarts are of now$/m,
      /^database +ok$/m,
      /^state store +ok \(memory\)$/m,
      /^pool +0 % in use, 0 waiting$/m,
      /^breaker +CLOSED, 0 of 0 calls failed$/m,
      /^lanes +request 0 of 30, slow 0 of 5, health 0 of 1$/m,
      /^restarts +allowed, 0 of 3 in 600 s \(webhook, targets blue, green\)$/m,
      /^instances +1 × node 1\.2\.3$/m,
      /^advice +none: /m,
    ]) {
      expect(out).toMatch(line);
    }
    expect(out).not.toContain("\u001b");
  });

  test("ends with 1 while it is degraded, and says who opened the breaker", async () => {
    const { cli: run, tide } = await served();
    await openBreaker(tide);
    const { code, out } = await run("status");
    expect(code).toBe(1);
    expect(out).toMatch(/^degraded \(circuit_breaker_open\)$/m);
    expect(out).toMatch(/^ +force_open until \S+ by test: forced by a test$/m);
    const { json } = await run("status", "--json");
    expect(json).toMatchObject({
      verdict: "degraded",
      exit_code: 1,
      system_status: { circuit_breaker: { state: "OPEN" } },
      worker_status: { platform: { hook: "webhook" } },
    });
  });

  test("needs a token, which is nowhere but in the environment or a file", async () => {
    const { url } = await served();
    const none = await cli(["status", "--url", url]);
    expect(none.code).toBe(2);
    expect(none.err).toContain("TIDEGATE_TOKEN");
    for (const args of [["--token", TOKEN], [`--token=${TOKEN}`]]) {
      const typed = await cli(["status", "--url", url, ...args]);
      expect(typed.code).toBe(2);
      expect(typed.err).toContain("Everybody on the machine can read arguments");
      expect(typed.out + typed.err).not.toContain(TOKEN);
    }
  });

  test("is told what to do about a token that nobody knows", async () => {
    const { url } = await served();
    const { code, err } = await cli(["status"], { TIDEGATE_URL: url, TIDEGATE_TOKEN: "another-token-of-somebody" });
    expect(code).toBe(1);
    expect(err).toMatch(/^Refused \(UNAUTHORIZED\): /);
    expect(err).toContain("ADMIN_TOKENS");
    expect(err).not.toContain("another-token");
  });

  test("does not send a token in the clear to another machine, nor where it is sent on to", async () => {
    const env = { TIDEGATE_TOKEN: TOKEN };
    const clear = await cli(["status", "--url", "http://fab.example"], env);
    expect(clear.code).toBe(2);
    expect(clear.err).toContain("in the clear");
    const seen: string[] = [];
    const other = await answering(() => {
      seen.push("asked");
      return new Response();
    });
    const sent = await cli(["status", "--url", await answering(() => Response.redirect(other))], env);
    expect(sent.code).toBe(3);
    expect(sent.err).toContain("sends elsewhere (302");
    expect(seen).toEqual([]);
  });

  test("takes what is not Tidegate's for no answer", async () => {
    const bodies = ["<h1>Welcome</h1>", "null", '{"status":"ok"}', '{"success":true'];
    for (const body of bodies) {
      const url = await answering(() => new Response(body));
      const { code, json } = await cli(["status", "--json"], { TIDEGATE_URL: url, TIDEGATE_TOKEN: TOKEN });
      expect({ code, exit: json.exit_code }).toEqual({ code: 3, exit: 3 });
      expect(json.error.message).toContain("not Tidegate's");
    }
  });

  test("finds an application that has a path of its own", async () => {
    const { app } = await served();
    const url = await answering((request) => {
      const { pathname } = new URL(request.url);
      if (!pathname.startsWith("/fab/")) return new Response(null, { status: 404 });
      return app.request(pathname.slice("/fab".length), { headers: request.headers });
    });
    const env = { TIDEGATE_TOKEN: TOKEN };
    expect((await cli(["status", "--url", `${url}/fab/`], env)).code).toBe(0);
    expect((await cli(["status", "--url", `${url}/fab`], env)).code).toBe(0);
  });
});
