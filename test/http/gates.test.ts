/** Whose refusal or failure it is, as it is answered and logged. */
import { describe, expect, test } from "vitest";
import type { ErrorCode } from "../../lib/contract/codes.ts";
import { DatabaseError } from "../../lib/database/port.ts";
import { type NotAdmitted, Refused, refusal } from "../../lib/guard/refusal.ts";
import { misconfigured } from "../../lib/http/misconfigured.ts";
import { ProblemError } from "../../lib/http/problem.ts";
import { type SmallApp, smallApp } from "../support/app.ts";

/** With `/pay`, where the handler does what it is told. */
function shop(env: Record<string, string>, pay: (small: SmallApp) => unknown) {
  const small = smallApp(env);
  small.app.get("/pay", async (c) => c.json(await pay(small)));
  const ask = async (path = "/pay") => {
    const response = await small.app.request(path);
    return { status: response.status, body: await response.json() };
  };
  return { ...small, ask };
}
const DEVELOPMENT = { APP_ENV: "development" };
const throws = (error: unknown) => (): never => {
  throw error;
};
const failedBehind = (gate: string | undefined, fault: DatabaseError["fault"]) =>
  Object.assign(new DatabaseError(fault, "It failed.", { vendorCode: "X" }), { gate });
const refused = (gate: string, reason: NotAdmitted, lastFailure: string | null = null) =>
  new Refused(refusal(gate, reason, 5_000, lastFailure));

describe("a refusal by a gate of one's own", () => {
  const paying = ({ tide }: SmallApp) => tide.gate("billing").run(() => "paid");
  const open = async ({ tide }: SmallApp) => {
    const gone = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
    await tide
      .gate("billing")
      .run(throws(gone))
      .catch(() => {});
    await tide.gate("billing").override({ mode: "force_open", ttlMs: 60_000, actor: "test", reason: "a test" });
  };

  test("names it, in production too, and leaves the database's alone", async () => {
    const small = shop({}, paying);
    await open(small);
    const { status, body } = await small.ask();
    expect([status, body.meta.gate, body.error.code]).toEqual([503, "billing", "CIRCUIT_BREAKER_OPEN"]);
    expect(body.error).not.toHaveProperty("details");
    expect(JSON.stringify(body)).not.toMatch(/database/i);
    expect((await small.ask("/orders")).status).toBe(200);
  });

  test("tells developers why, and what failed last", async () => {
    const small = shop(DEVELOPMENT, paying);
    await open(small);
    const { body } = await small.ask();
    expect(body.meta.gate).toBe("billing");
    expect(body.error.details).toEqual({ gate: "billing", reason: "forced", last_failure: "ECONNREFUSED" });
  });

  test("is logged with it", async () => {
    const small = shop({}, paying);
    await open(small);
    await small.ask();
    expect(small.lines).toContainEqual({
      level: "debug",
      event: "request.refused",
      fields: expect.objectContaining({ path: "/pay", code: "CIRCUIT_BREAKER_OPEN", gate: "billing" }),
    });
  });
});

test.each<[reason: NotAdmitted, gate: string | undefined]>([
  ["full", "billing"],
  ["detached", "billing"],
  ["too_many_gates", "billing"],
  ["nested", "billing"],
  // The whole instance does.
  ["closing", undefined],
])("a gate that refuses because it is %s is named %s", async (reason, gate) => {
  const { body } = await shop(DEVELOPMENT, throws(refused("billing", reason))).ask();
  expect(body.meta.gate).toBe(gate);
  expect(body.error.details).toEqual({ reason, ...(gate && { gate }) });
});

test("a failure behind a gate names it, and one of which nobody knows the gate names none", async () => {
  const behind = shop(DEVELOPMENT, throws(failedBehind("billing", "connection")));
  const { body } = await behind.ask();
  expect(body.meta.gate).toBe("billing");
  expect(body.error.details).toEqual({ fault: "connection", vendor_code: "X", gate: "billing" });
  const failed = behind.lines.find(({ event }) => event === "request.failed");
  expect(failed).toMatchObject({ level: "warn", fields: { gate: "billing", fault: "connection" } });
  const unknown = await shop(DEVELOPMENT, throws(failedBehind(undefined, "connection"))).ask();
  expect(unknown.body.meta).not.toHaveProperty("gate");
  expect(unknown.body.error.details).toEqual({ fault: "connection", vendor_code: "X" });
});

test("a failure of the database's own statements is the main gate's", async () => {
  const { app, lines } = smallApp({}, throws(failedBehind(undefined, "connection")));
  const body = await (await app.request("/orders")).json();
  expect(body.meta.gate).toBe("main");
  expect(lines).toContainEqual(expect.objectContaining({ fields: expect.objectContaining({ gate: "main" }) }));
});

test.each<[code: ErrorCode, ofTheDatabase: string, ofAnother: string]>([
  ["DB_POOL_EXHAUSTED", "Database pool exhausted", "Too many calls at once"],
  ["CIRCUIT_BREAKER_OPEN", "Circuit breaker open", "Circuit breaker open"],
  ["SERVICE_UNAVAILABLE", "Service unavailable", "Service unavailable"],
  ["DB_CONNECTION_FAILED", "Database connection failed", "Connection failed"],
  ["DB_QUERY_TIMEOUT", "Database query timeout", "Call timeout"],
  ["DB_QUERY_ERROR", "Database query error", "Call error"],
])("%s has a title of the database and one of other gates, and one type", async (code, ofTheDatabase, ofAnother) => {
  const problemAt = async (gate?: string) => {
    const { body } = await shop({}, throws(new ProblemError(code, "No.", { gate }))).ask();
    return { gate: body.meta.gate, title: body.title, type: body.type };
  };
  const type = `urn:tidegate:problem:${code.toLowerCase().replaceAll("_", "-")}`;
  expect(await problemAt()).toEqual({ gate: undefined, title: ofTheDatabase, type });
  expect(await problemAt("main")).toEqual({ gate: "main", title: ofTheDatabase, type });
  expect(await problemAt("billing")).toEqual({ gate: "billing", title: ofAnother, type });
});

test.each<[details: unknown, shown: unknown]>([
  [undefined, { gate: "billing" }],
  [{ order: 17 }, { order: 17, gate: "billing" }],
  [[{ parameter: "order" }], [{ parameter: "order" }]],
  ["in words", "in words"],
  [null, null],
])("an application's own problem names its gate beside details of %j", async (details, shown) => {
  const problem = new ProblemError("SERVICE_UNAVAILABLE", "Not now.", { gate: "billing", details });
  const { body } = await shop(DEVELOPMENT, throws(problem)).ask();
  expect([body.meta.gate, body.error.details]).toEqual(["billing", shown]);
});

test("an instance that drains, or cannot be used, names no gate", async () => {
  const small = shop({}, () => "paid");
  small.tide.drain();
  const draining = await small.ask();
  expect(draining.body).toMatchObject({ error: { code: "SERVICE_UNAVAILABLE" }, title: "Service unavailable" });
  expect(draining.body.meta).not.toHaveProperty("gate");
  const { meta } = await (await misconfigured(["DATABASE_URL"]).request("/orders")).json();
  expect(meta).not.toHaveProperty("gate");
});
