/** Three payment providers, each behind a gate of its own, over real HTTP: the shop of `examples/`, and the browser's client. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createShop, firstAnswer, ORDERS, type Providers, startProviders } from "../../examples/payment-providers.ts";
import { createClient } from "../../lib/client/client.ts";
import { readConfig } from "../../lib/config.ts";
import { pglite } from "../../lib/database/pglite/pglite.ts";
import { type Serving, serve } from "../../lib/node/serve.ts";
import { memory } from "../../lib/store/memory.ts";
import { type TideEvents, type Tidegate, tidegate } from "../../lib/tidegate.ts";
import { eventually } from "../support/processes.ts";

/** Far below every hold and every open period of the shop, far above what an answer takes here. */
const AT_ONCE_MS = 5_000;
/** As the shop has them. */
const [BROKEN_OPENS_AFTER, HANGING_DEADLINE_MS] = [3, 1_000];
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

let providers: Providers;
let tide: Tidegate;
let serving: Serving;
/** Since the test began. */
let transitions: TideEvents["transition"][] = [];
let refusals: TideEvents["refused"][] = [];

beforeAll(async () => {
  providers = await startProviders();
  const config = readConfig({ APP_ENV: "testing", STATE_NAMESPACE: "providers" });
  tide = tidegate({ database: pglite("pglite:", { initialise: [ORDERS] }), store: memory(), config, log });
  await firstAnswer(tide.db);
  serving = await serve(createShop(tide, providers), { tide, port: 0, host: "127.0.0.1" });
  tide.on("transition", (event) => void transitions.push(event));
  tide.on("refused", (event) => void refusals.push(event));
});
afterAll(async () => {
  await serving?.stop();
  providers?.stop();
});

beforeEach(async () => {
  for (const name of providers.urls.keys()) {
    await tide.gate(`pay-${name}`).reset({ actor: "a test", reason: "it begins" });
  }
  transitions = [];
  refusals = [];
});

async function ask(method: "GET" | "POST", path: string) {
  const startedAt = performance.now();
  const response = await fetch(serving.url + path, { method });
  const body = await response.json();
  const retryAfter = Number(response.headers.get("retry-after"));
  return { status: response.status, code: body.error?.code, body, retryAfter, tookMs: performance.now() - startedAt };
}
const pay = (name: string) => ask("POST", `/pay/${name}`);
const askedOf = (name: string): number => providers.asked.get(name) ?? 0;
const breakerOf = async (gate: string) => (await tide.gate(gate).view()).breaker;

/** Resolves when that gate's breaker has opened. */
const opening = (gate: string) =>
  new Promise<void>((resolve) => {
    const stop = tide.on("transition", ({ gate: whose, to }) => {
      if (whose !== gate || to !== "open") return;
      stop();
      resolve();
    });
  });

async function breakBroken() {
  const opened = opening("pay-broken");
  const answers = [];
  for (let call = 0; call < BROKEN_OPENS_AFTER; call++) answers.push(await pay("broken"));
  await opened;
  return answers;
}

/** Two calls, which end at their deadline. */
async function breakHanging() {
  const opened = opening("pay-hanging");
  const codes = [(await pay("hanging")).code, (await pay("hanging")).code];
  expect(codes).toEqual(["DB_QUERY_TIMEOUT", "DB_QUERY_TIMEOUT"]);
  await opened;
}

describe("each provider has rules of its own:", () => {
  test("the one that is fine takes every payment", async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => pay("fine")));
    expect(answers.map(({ status, body }) => [status, body.data])).toEqual(answers.map(() => [200, { paid: true }]));
    expect(await breakerOf("pay-fine")).toMatchObject({ state: "closed" });
  });

  test("answers of 503 are failures, and open the gate of the one that gave them", async () => {
    const before = askedOf("broken");
    const answers = await breakBroken();
    expect(answers.map(({ status, code }) => [status, code])).toEqual(answers.map(() => [503, "SERVICE_UNAVAILABLE"]));
    const refused = await pay("broken");
    expect(refused).toMatchObject({ status: 503, code: "CIRCUIT_BREAKER_OPEN" });
    expect(refused.body).toMatchObject({
      error: {
        message: '"pay-broken" is not answering properly; calls to it are paused.',
        details: { gate: "pay-broken", reason: "open", last_failure: "HTTP 503" },
      },
      meta: { gate: "pay-broken" },
      title: "Circuit breaker open",
    });
    expect(askedOf("broken") - before).toBe(BROKEN_OPENS_AFTER);
  });

  test("its Retry-After keeps that gate open for longer than its own rules", async () => {
    await breakBroken();
    const { since, openUntil } = await breakerOf("pay-broken");
    // By its rules alone 5 s, and a fifth of that by chance.
    expect(openUntil - since).toBe(20_000);
    expect((await pay("broken")).retryAfter).toBeGreaterThan(10);
  });

  test("of the one that hangs two calls are out at most, and nobody waits for a third", async () => {
    const before = askedOf("hanging");
    const answers = await Promise.all([pay("hanging"), pay("hanging"), pay("hanging")]);
    const [busy, ...others] = answers.filter(({ code }) => code === "DB_POOL_EXHAUSTED");
    expect(busy?.body).toMatchObject({
      error: { message: 'As many calls to "pay-hanging" as may are under way.' },
      meta: { gate: "pay-hanging" },
      title: "Too many calls at once",
    });
    const late = answers.filter(({ code }) => code === "DB_QUERY_TIMEOUT").length;
    expect([late, askedOf("hanging") - before]).toEqual([2 - others.length, 2 - others.length]);
    expect(late).toBeGreaterThan(0);
  });

  test("its open period is as long as was said, without chance", async () => {
    await breakHanging();
    const { since, openUntil } = await breakerOf("pay-hanging");
    expect(openUntil - since).toBe(10_000);
  });
});

describe("a body that never ends", () => {
  test("is cut off at the call's deadline, and the permit comes back", async () => {
    const { status, code, body, tookMs } = await pay("hanging");
    expect([status, code, body.meta.gate]).toEqual([504, "DB_QUERY_TIMEOUT", "pay-hanging"]);
    expect(body.title).toBe("Call timeout");
    expect(tookMs).toBeGreaterThan(HANGING_DEADLINE_MS - 50);
    expect(tookMs).toBeLessThan(HANGING_DEADLINE_MS + AT_ONCE_MS);
    // As all of them are.
    await eventually("the provider is left", () => providers.cutOff.get("hanging") === askedOf("hanging"));
    const gate = tide.gates().find(({ gate }) => gate === "pay-hanging");
    expect(gate?.lanes.request.running).toBe(0);
  });

  test("is a failure, and opens that gate alone", async () => {
    await breakHanging();
    expect(await pay("hanging")).toMatchObject({ status: 503, code: "CIRCUIT_BREAKER_OPEN" });
    expect(transitions.map(({ gate, to, local }) => [gate, to, local])).toEqual([["pay-hanging", "open", false]]);
    expect(refusals).toMatchObject([{ gate: "pay-hanging", reason: "open", lastFailure: "DB_QUERY_TIMEOUT" }]);
  });
});

describe("an outage of two providers is invisible", () => {
  test("to orders, to the third, and to health", async () => {
    const hanging = breakHanging();
    await breakBroken();
    const answers = [];
    for (let round = 0; round < 5; round++) {
      answers.push(await ask("GET", "/orders"), await pay("fine"), await ask("GET", "/health"));
    }
    await hanging;
    for (let round = 0; round < 5; round++) {
      answers.push(await ask("GET", "/orders"), await pay("fine"), await ask("GET", "/health"));
    }
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(Math.max(...answers.map(({ tookMs }) => tookMs))).toBeLessThan(AT_ONCE_MS);
    expect(answers.at(-1)?.body).toMatchObject({ status: "healthy", circuit_breaker: { state: "CLOSED" } });
    expect(refusals).toEqual([]);
    const states = Object.fromEntries(tide.gates().map(({ gate, breaker }) => [gate, breaker]));
    expect(states).toEqual({ main: "closed", "pay-fine": "closed", "pay-broken": "open", "pay-hanging": "open" });
    expect(new Set(transitions.map(({ gate }) => gate))).toEqual(new Set(["pay-broken", "pay-hanging"]));
  });

  test("in the browser: orders and the third go on while payments by the broken one are held", async () => {
    await breakBroken();
    const client = createClient();
    const degraded: unknown[] = [];
    client.on("degraded", ({ gate, code }) => void degraded.push([gate, code]));
    const refused = client.post(`${serving.url}/pay/broken`);
    await expect(refused).rejects.toMatchObject({ errorCode: "CIRCUIT_BREAKER_OPEN", gate: "pay-broken" });

    const leave = new AbortController();
    const held = client.post(`${serving.url}/pay/broken`, null, { signal: leave.signal });
    const startedAt = performance.now();
    const orders = await client.get<{ data: unknown[] }>(`${serving.url}/orders`);
    const paid = await client.post<{ data: unknown }>(`${serving.url}/pay/fine`);
    expect(performance.now() - startedAt).toBeLessThan(AT_ONCE_MS);
    expect([orders.data.length, paid.data]).toEqual([2, { paid: true }]);

    leave.abort();
    await expect(held).rejects.toMatchObject({ name: "AbortError", isUserAbort: true });
    // The first alone has reached the service.
    expect(refusals.map(({ gate }) => gate)).toEqual(["pay-broken"]);
    expect(degraded).toEqual([["pay-broken", "CIRCUIT_BREAKER_OPEN"]]);
  });

  test("in the browser: a payment that hangs holds nothing, until its gate refuses", async () => {
    const client = createClient();
    const degraded: unknown[] = [];
    client.on("degraded", ({ gate }) => void degraded.push(gate));
    const hangs = () => client.post(`${serving.url}/pay/hanging`).catch(({ errorCode, gate }) => [errorCode, gate]);
    const opened = opening("pay-hanging");
    const ended = [await hangs(), await hangs()];
    expect(ended).toEqual(ended.map(() => ["DB_QUERY_TIMEOUT", "pay-hanging"]));
    await opened;
    expect(degraded).toEqual([]);
    expect(await hangs()).toEqual(["CIRCUIT_BREAKER_OPEN", "pay-hanging"]);
    expect(degraded).toEqual(["pay-hanging"]);
    await client.get(`${serving.url}/orders`, { timeout: AT_ONCE_MS });
  });
});
