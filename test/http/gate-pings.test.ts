/** `tide.gate(name, { ping })`: what is behind a gate of one's own is asked for by health, and shown. */
import { describe, expect, test, vi } from "vitest";
import type { GatePing } from "../../lib/guard/gate-options.ts";
import { smallApp } from "../support/app.ts";

const ADMIN = { headers: { authorization: "Bearer a-token-that-is-long-enough-to-pass" } };

/** With one gate, said with that ping, over a database that answers unless there is none. */
function pinged(ping: GatePing, more: Parameters<typeof smallApp>[2] = {}) {
  const scene = smallApp({}, undefined, more);
  const options = { capacity: 2, ping, breaker: { failureThreshold: 1, windowCalls: 1, recoveryMs: 600_000 } };
  const billing = scene.tide.gate("billing", options);
  const get = async (path: string) => (await scene.app.request(path, ADMIN)).json() as Promise<Record<string, unknown>>;
  return { ...scene, billing, get };
}
const down = () => Promise.reject(new Error("connect ECONNREFUSED"));

describe("a ping that is said with a gate", () => {
  test("is shown by health, in both payloads, to operators and in the console", async () => {
    const { get, app } = pinged(async () => "here");
    const ping = { status: "ok", latency_ms: 0 };
    expect(await get("/health")).toMatchObject({ status: "healthy", gates: { billing: ping } });
    expect(await get("/health/deep")).toMatchObject({ checks: { gates: { billing: ping } } });
    expect(await get("/admin/api/system-status")).toMatchObject({ data: { gates: { billing: { ping } } } });
    expect(await (await app.request("/admin", ADMIN)).text()).toContain("answers");
  });

  test("is no part of what is answered where no gate has one", async () => {
    const { app } = smallApp();
    expect(await (await app.request("/health")).json()).not.toHaveProperty("gates");
  });

  test.each<[string, GatePing]>([
    ["rejects", down],
    ["throws", () => expect.unreachable()],
    ["is answered with a 503", () => new Response("no", { status: 503 })],
  ])("that %s degrades health without making it unhealthy, and says why in the log once", async (_how, ping) => {
    const { get, app, lines, runtime } = pinged(ping);
    expect((await app.request("/health")).status).toBe(200);
    expect(await get("/health")).toMatchObject({
      status: "degraded",
      degraded_reason: "dependency_unreachable",
      services: { database: "ok" },
      gates: { billing: { status: "error" } },
      resilience: { recovery_recommendation: { action: "observe_and_retry", reason: "dependency_unreachable" } },
    });
    await runtime.advance(6_000);
    await get("/health");
    expect(lines.filter(({ event }) => event === "gate.ping_failed")).toHaveLength(1);
  });

  test("that is answered with a 404 is answered", async () => {
    const { get } = pinged(() => new Response("nothing here", { status: 404 }));
    expect(await get("/health")).toMatchObject({ gates: { billing: { status: "ok" } } });
  });

  test("that never ends is given up in health's own time, and its signal aborted", async () => {
    const ping = vi.fn<GatePing>(() => new Promise(() => {}));
    const { get, runtime } = pinged(ping);
    const asked = get("/health");
    await runtime.advance(800);
    expect(await asked).toMatchObject({ status: "degraded", gates: { billing: { status: "error" } } });
    expect(ping.mock.calls[0]?.[0].aborted).toBe(true);
  });

  test("is asked once in five seconds, however many ask for health", async () => {
    const ping = vi.fn<GatePing>(async () => {});
    const { get, runtime } = pinged(ping);
    await Promise.all(Array.from({ length: 20 }, () => get("/health")));
    expect(ping).toHaveBeenCalledOnce();
    await runtime.advance(5_100);
    await get("/health");
    expect(ping).toHaveBeenCalledTimes(2);
  });

  test("shows nothing wrong of a database that there is not", async () => {
    const { get } = pinged(async () => {}, { database: undefined });
    expect(await get("/health")).toMatchObject({
      status: "healthy",
      services: { database: "disabled" },
      gates: { billing: { status: "ok" } },
    });
  });

  test("shortens an open period of its gate, as those of the database do", async () => {
    let isDown = true;
    const { billing, get, runtime } = pinged(async () => (isDown ? down() : "here"));
    await billing.run(down).catch(() => {});
    expect((await billing.view()).breaker.state).toBe("open");
    isDown = false;
    for (let looks = 0; looks < 3; looks += 1) {
      await runtime.advance(5_100);
      await get("/health");
      await runtime.advance(100);
    }
    expect((await billing.view()).breaker.state).not.toBe("open");
  });
});

describe("a ping that cannot be", () => {
  test("is told where it is said", () => {
    const { tide } = smallApp();
    expect(() => tide.gate("billing", { ping: "https://billing" as never })).toThrow(
      /ping must be a function, was "https/,
    );
  });

  test("is that of a 51st gate", () => {
    const { tide } = smallApp();
    const ping = async () => {};
    for (let count = 0; count < 50; count += 1) tide.gate(`tenant-${count}`, { ping });
    expect(() => tide.gate("tenant-50", { ping })).toThrow("50 gates have a ping");
    expect(() => tide.gate("tenant-7", { ping })).not.toThrow();
  });
});
