/** `GET /admin`: what it shows to whom, without JavaScript; what that adds is shown in a real browser. */
import { describe, expect, test } from "vitest";
import { DatabaseError } from "../../lib/database/port.ts";
import { fillLane, openBreaker } from "../../lib/testing/testing.ts";
import { ADMIN, MONITOR, type OperatedOptions, operatedApp } from "../support/operated-app.ts";
import { passing } from "../support/restart-scene.ts";

type Operated = ReturnType<typeof operatedApp>;

async function look({ app, runtime }: Operated, authorization: string | null = ADMIN, seen?: string) {
  const headers: Record<string, string> = authorization === null ? {} : { authorization };
  if (seen !== undefined) headers["tidegate-seen"] = seen;
  const response = await passing(runtime, Promise.resolve(app.request("/admin", { headers })));
  const html = await response.text();
  const markup = html.replace(/<script[\s\S]*?<\/script>/g, "");
  // What a reader reads.
  const text = markup
    .replace(/<style[\s\S]*?<\/style>/g, "")
    .replace(/<[^>]+>/g, " ")
    .replace(/\s+/g, " ");
  return { status: response.status, headers: response.headers, html, markup, text };
}

const shown = async (options: OperatedOptions, arrange: (operated: Operated) => unknown) => {
  const operated = operatedApp(options);
  await arrange(operated);
  return (await look(operated)).text;
};

describe("who is nobody", () => {
  test("gets a page to sign in, with nothing of the system on it", async () => {
    const { status, markup, text } = await look(operatedApp(), null);
    expect(status).toBe(200);
    expect(text).toMatch(/token Sign in/);
    expect(markup).not.toMatch(/csrf-token|data-live|Gate main/);
  });

  test("gets it as well for a token that is none, and a monitor is told what it may do", async () => {
    expect((await look(operatedApp(), "Bearer wrong")).html).toContain("sign-in-form");
    expect((await look(operatedApp(), MONITOR)).status).toBe(403);
  });

  test("finds nothing where nobody is an admin", async () => {
    expect((await look(operatedApp({ env: { ADMIN_TOKENS: "" } }), null)).status).toBe(404);
  });
});

test("lets nothing run but its own script and style, which no other page may frame", async () => {
  const operated = operatedApp();
  const { headers, html } = await look(operated);
  const policy = headers.get("content-security-policy") ?? "";
  const [, nonce] = /script-src 'nonce-([^']+)'/.exec(policy) ?? [];
  expect(policy).toMatch(/^default-src 'none';/);
  expect(policy).toContain("frame-ancestors 'none'");
  expect(html.match(/<(script|style)\b[^>]*>/g)).toEqual([
    `<style nonce="${nonce}">`,
    `<script type="module" nonce="${nonce}">`,
  ]);
  expect(html).not.toMatch(/\son\w+=|\sstyle=/);
  expect(headers.get("cache-control")).toBe("no-store");
  expect((await look(operated)).headers.get("content-security-policy")).not.toBe(policy);
});

describe("shows", () => {
  test("a quiet system", async () => {
    const text = await shown({}, () => {});
    expect(text).toMatch(/● healthy/);
    expect(text).toMatch(/● closed/);
    expect(text).toMatch(/● allowed .* 0 of 3/);
    expect(text).toMatch(/A restart is allowed/);
    expect(text).toMatch(/Instances As of 2026-01-01 \S+ UTC Id .* 1\.2\.3 \S+ \S+ within 30 s/);
  });

  test("a breaker that an operator forced: by whom, why, and for how long", async () => {
    const operated = operatedApp();
    await operated.post("/admin/api/breaker", { mode: "force_open", ttl_seconds: 600, reason: "a migration" });
    const { text } = await look(operated);
    expect(text).toMatch(/▲ open/);
    expect(text).toMatch(/◆ force open by tester, for (?:600|599) s : a migration/);
    expect(text).toMatch(/set to force open by tester: a migration/);
    expect(text).toMatch(/breaker\.override main/);
  });

  test("a breaker that an operator reset, and beside the form what that does", async () => {
    const operated = operatedApp();
    await operated.post("/admin/api/breaker", { mode: "reset", reason: "it is repaired" });
    const { text, html } = await look(operated);
    expect(text).toMatch(/ reset by tester: it is repaired/);
    expect(text).not.toMatch(/set to reset/);
    expect(text).toMatch(/Reset closes it at once, whatever was set, and forgets what it counted/);
    expect(html).toContain('<option value="reset">reset</option>');
  });

  test("an open breaker, and refusals of the last minutes in words", async () => {
    const text = await shown({}, async ({ tide, app }) => {
      await openBreaker(tide);
      await app.request("/orders");
    });
    expect(text).toMatch(/In the last 5 minutes: 0 calls, 0 failed, 1 refused/);
    expect(text).toMatch(/◆ degraded circuit breaker open/);
  });

  test("a full lane beside its capacity, and what to do", async () => {
    const text = await shown({ env: { DB_POOL_SIZE: "2", DB_MAX_OVERFLOW: "0" } }, ({ tide }) => fillLane(tide));
    expect(text).toMatch(/request 2 2 2 0/);
    expect(text).toMatch(/100 % \(warns at 90 %, critical at 100 %\)/);
    expect(text).toMatch(/To do: throttle requests/);
  });

  test("a restart, and why there can be no other", async () => {
    const operated = operatedApp();
    await operated.restart({ reason: "stuck" });
    const { text, html } = await look(operated);
    expect(text).toMatch(/tester \(manual\) stuck ● executed QUEUED/);
    expect(text).toMatch(/◆ cooldown/);
    expect(text).toMatch(/The last one is too recent: \d+ s are left\. An override passes\./);
    expect(html).toMatch(/<option>blue<\/option><option>green<\/option>/);
  });

  test("kept answers, once there are any: at hand, given in place of new ones, and how callers were answered", async () => {
    const operated = operatedApp();
    expect((await look(operated)).text).toMatch(
      /Kept answers As of \S+ \S+ UTC Nothing is kept in this instance yet\./,
    );
    const away = () => Promise.reject(new DatabaseError("connection", "away"));
    await operated.tide.kept("stock", () => 7);
    const { text } = await look(operated);
    expect(text).toMatch(/At hand in this instance 1 answer, 1 KiB Old ones given in the last minute ● none/);
    await operated.runtime.advance(120_000);
    await operated.tide.kept("stock", away);
    await operated.tide.kept("other", away).catch(() => {});
    const during = (await look(operated)).text;
    expect(during).toMatch(/Old ones given in the last minute ◆ 1 The oldest of these 120 s/);
    expect(during).toMatch(
      /by their source 1 from what is kept, since there was no new answer 1 not: .* nothing kept 1/,
    );
  });

  test("whole names of what was done, of ids the beginning", async () => {
    const operated = operatedApp();
    await operated.restart({ reason: "stuck" });
    const prefix = `GET /reports/${"x".repeat(60)}`;
    for (const what of [{ tag: "catalogue of spring" }, { prefix }]) {
      await operated.post("/admin/api/kept/forget", { ...what, reason: "prices" });
    }
    const { text } = await look(operated);
    expect(text).toMatch(/kept\.forget catalogue of spring tag pending prices/);
    expect(text).toContain(`kept.forget ${prefix.slice(0, 60)}… prefix`);
    expect(text).toMatch(/restart [\da-f]{8} allowed/);
  });

  test("what it cannot know as not known", async () => {
    const down = { append: () => Promise.reject(new Error("away")), read: () => Promise.reject(new Error("away")) };
    const operated = operatedApp({ auditLog: { ...down, durable: true } as never });
    expect((await look(operated)).text).toMatch(/The audit cannot be read/);
  });
});

describe("who looks again", () => {
  const marksIn = (html: string) =>
    [...html.matchAll(/data-live="([^"]+)" data-mark="([^"]+)"/g)].map(([, id, mark]) => `${id}:${mark}`);
  const filled = (html: string) => [...html.matchAll(/data-live="([^"]+)"[^>]*>(?!<\/)/g)].map(([, id]) => id);

  test("gets of a quiet system the ages alone", async () => {
    const operated = operatedApp();
    const first = await look(operated);
    expect(filled(first.html)).toEqual([
      ...["now", "restart-hint", "gate-main", "kept"],
      ...["restarts", "instances", "audit"],
    ]);
    await operated.runtime.advance(5_000);
    const again = await look(operated, ADMIN, marksIn(first.html).join(" "));
    expect(filled(again.html)).toEqual([]);
    expect(marksIn(again.html).toSorted()).toEqual(marksIn(first.html).toSorted());
    expect(again.html).toMatch(/data-live="gate-main"[^>]* data-asof="2026-01-01T00:00:05/);
    expect(again.html.length).toBeLessThan(1_500);
    expect(again.headers.get("cache-control")).toBe("no-store");
  });

  test("gets what is news, and a countdown is none", async () => {
    const operated = operatedApp();
    await operated.post("/admin/api/breaker", { mode: "observe", ttl_seconds: 600, reason: "a look" });
    const first = await look(operated);
    await operated.runtime.advance(3_000);
    expect(filled((await look(operated, ADMIN, marksIn(first.html).join(" "))).html)).toEqual([]);
    await operated.post("/admin/api/breaker", { mode: "observe", ttl_seconds: 600, reason: "another" });
    const again = await look(operated, ADMIN, marksIn(first.html).join(" "));
    expect(filled(again.html)).toEqual(["gate-main", "audit"]);
    expect(again.text).toMatch(/another/);
  });

  test.each(["", "now", "now:other", ": : :", "x".repeat(5_000)])("with %j gets everything", async (seen) => {
    expect(filled((await look(operatedApp(), ADMIN, seen)).html)).toContain("gate-main");
  });

  test("gets the page to sign in where the session is over", async () => {
    expect((await look(operatedApp(), null, "now:x")).html).toContain("sign-in-form");
  });
});

test("nothing that people wrote becomes markup", async () => {
  const operated = operatedApp();
  const hostile = `<img src=x onerror=alert(1)>"'&`;
  await operated.post("/admin/api/breaker", { mode: "observe", ttl_seconds: 600, reason: hostile });
  await operated.restart({ reason: hostile });
  const { html } = await look(operated);
  expect(html).not.toContain("<img");
  expect(html).toContain("&lt;img src=x onerror=alert(1)&gt;");
});
