/** The two pages and the faults behind one of them. */
import { readFile } from "node:fs/promises";
import { Hono } from "hono";
import { ProblemError, type TidegateEnv } from "tidegate";
import type { FaultControl } from "tidegate/testing";
import { beforeEach, describe, expect, test } from "vitest";
import { dev } from "../../functions/routes/dev.ts";
import { home } from "../../functions/routes/home.ts";
import { smallApp } from "../support/app.ts";

type Fault = Parameters<FaultControl["set"]>[0];

let fault: Fault | null = null;
const faults: FaultControl = {
  set: (wanted) => {
    fault = wanted;
  },
  clear: () => {
    fault = null;
  },
  current: () => fault && { mode: fault.mode, remainingMs: fault.forMs - 1 },
};
const app = new Hono<TidegateEnv>()
  .use(smallApp().tide.middleware())
  .route("/", home({ dev: true }))
  .route("/dev", dev(faults));
app.onError((error, c) => (error instanceof ProblemError ? c.json(error.problem, 400) : c.text(String(error), 500)));

const post = async (body: unknown, type = "application/json") =>
  app.request("/dev/faults", { method: "POST", headers: { "content-type": type }, body: JSON.stringify(body) });

beforeEach(() => faults.clear());

describe("POST /dev/faults", () => {
  test.each([
    [
      { mode: "slow", seconds: 5, delay_ms: 700 },
      { mode: "slow", forMs: 5000, delayMs: 700 },
    ],
    [
      { mode: "failing", seconds: 120 },
      { mode: "failing", forMs: 120_000 },
    ],
    [
      { mode: "hanging", seconds: 1 },
      { mode: "hanging", forMs: 1000 },
    ],
  ])("%j sets it", async (body, set) => {
    const response = await post(body);
    expect(fault).toEqual(set);
    expect(await response.json()).toMatchObject({ data: { mode: body.mode, remaining_seconds: body.seconds } });
  });

  test.each([{ mode: "none" }, { mode: "none", seconds: 10 }])("%j ends it", async (body) => {
    await post({ mode: "failing", seconds: 5 });
    expect(await (await post(body)).json()).toMatchObject({ data: { mode: "none", remaining_seconds: 0 } });
    expect(fault).toBeNull();
  });

  test.each([
    [{ mode: "burning", seconds: 5 }, ["mode"]],
    [{ seconds: 5 }, ["mode"]],
    [{ mode: "failing" }, ["seconds"]],
    [{ mode: "failing", seconds: "5" }, ["seconds"]],
    [{ mode: "slow", seconds: 121, delay_ms: 0 }, ["seconds", "delay_ms"]],
    [{ mode: "slow", seconds: 1.5 }, ["seconds"]],
    [{ mode: "slow", seconds: 5, forever: true }, ["forever"]],
  ])("%j is refused by name", async (body, names) => {
    const problem = (await (await post(body)).json()) as { code: string; details: { parameter: string }[] };
    expect(problem.code).toBe("VALIDATION_ERROR");
    expect(problem.details.map(({ parameter }) => parameter)).toEqual(names);
    expect(fault).toBeNull();
  });

  test("a form from another site sets nothing", async () => {
    const response = await post({ mode: "failing", seconds: 5 }, "text/plain");
    expect(response.status).toBe(400);
    expect((await response.json()).message).toContain("application/json");
    expect(fault).toBeNull();
  });
});

test("GET /dev/faults says what is on", async () => {
  expect(await (await app.request("/dev/faults")).json()).toMatchObject({
    data: { mode: "none", remaining_seconds: 0 },
  });
});

describe.each(["/", "/dev"])("the page at %s", (path) => {
  test("runs its own script and nothing else", async () => {
    const response = await app.request(path);
    const page = await response.text();
    const policy = response.headers.get("content-security-policy") ?? "";
    const [, nonce] = /script-src 'nonce-([^']+)'/.exec(policy) ?? [];
    expect(policy).toContain("default-src 'none'");
    expect(page.match(/<(script|style)\b[^>]*>/g)).toEqual([
      `<style nonce="${nonce}">`,
      `<script type="module" nonce="${nonce}">`,
    ]);
    expect(page).not.toMatch(/https?:\/\/|\son\w+=|\sstyle=/);
    expect((await app.request(path)).headers.get("content-security-policy")).not.toBe(policy);
  });

  test("carries a script that parses, and every element it asks for", async () => {
    const page = await (await app.request(path)).text();
    const [, script = ""] = /<script[^>]*>([\s\S]*)<\/script>/.exec(page) ?? [];
    expect(() => new Function(script)).not.toThrow();
    const sources = new URL("../../functions/pages/browser/", import.meta.url);
    const source = await readFile(new URL(path === "/" ? "home.ts" : `.${path}.ts`, sources), "utf8");
    const ids = [...source.matchAll(/(?:byId(?:<\w+>)?|put|putState|say)\("([\w-]+)"/g)].map(([, id]) => id);
    expect(ids.length).toBeGreaterThan(2);
    for (const id of ids) expect(page).toContain(`id="${id}"`);
  });
});

test("the client is also one script, which is asked for again only when it changed", async () => {
  const response = await app.request("/mes-api.js");
  expect(response.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
  const page: { MesApi?: Record<string, unknown> } = {};
  new Function("globalThis", await response.text())(page);
  expect(Object.keys(page.MesApi ?? {})).toEqual(["get", "post", "on"]);
  const headers = { "if-none-match": response.headers.get("etag") ?? "" };
  expect((await app.request("/mes-api.js", { headers })).status).toBe(304);
});

test("what a page reads out is there from the start, and without JavaScript each says what to ask instead", async () => {
  const home = await (await app.request("/")).text();
  expect(home).toMatch(/id="banner" role="status"><\/section>/);
  expect(home).toMatch(/<noscript>[\s\S]*\/api\/reports\/wip-summary[\s\S]*<\/noscript>/);
  const dev = await (await app.request("/dev")).text();
  expect(dev).toMatch(/id="breaker" role="status"/);
  expect(dev).toMatch(/<noscript>[\s\S]*\/dev\/faults[\s\S]*<\/noscript>/);
});

test("the way to the faults is shown only where they are", async () => {
  const plain = await new Hono<TidegateEnv>().route("/", home()).request("/");
  expect(await plain.text()).not.toContain('href="/dev"');
  expect(await (await app.request("/")).text()).toContain('href="/dev"');
});
