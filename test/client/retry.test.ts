/** Which failures are tried again, when, and how often a page may. */
import { expect, test } from "vitest";
import { type Answer, fine, problem, tab } from "./scene.ts";

test.each<[what: string, answer: Answer | "gone", attempts: number]>([
  ["a full pool", problem("DB_POOL_EXHAUSTED", 503, 5), 1],
  ["an open breaker", problem("CIRCUIT_BREAKER_OPEN", 503, 5), 2],
  ["a connection that failed", problem("DB_CONNECTION_FAILED", 503, 5), 4],
  ["a service that drains", problem("SERVICE_UNAVAILABLE", 503, 5), 4],
  ["an error that nobody explains", { status: 502, body: "<html>bad gateway</html>" }, 4],
  ["a network that is away", "gone", 4],
  ["a rate limit", problem("TOO_MANY_REQUESTS", 429, 5), 1],
  ["what is not found", problem("NOT_FOUND", 404), 1],
  ["an answer that says so itself", { status: 500, body: { retryable: false, error: { code: "DB_QUERY_ERROR" } } }, 1],
  ["a success that is no JSON", { body: "<html>login</html>" }, 1],
])("after %s: attempts in all", async (_, answer, attempts) => {
  const { get, end, calls } = tab(() => answer);
  const { error } = await end(get("/api/x"));
  expect(error).toMatchObject({ name: "MesApiError" });
  expect(calls).toHaveLength(attempts);
});

test("waits 1, 2 and 4 seconds and up to as much again", async () => {
  const { get, end, times } = tab(() => "gone");
  await end(get("/api/x"));
  const waits = times()
    .slice(1)
    .map((at, index) => at - (times()[index] ?? 0));
  expect(waits).toHaveLength(3);
  for (const [index, leastMs] of [1_000, 2_000, 4_000].entries()) {
    expect(waits[index]).toBeGreaterThanOrEqual(leastMs);
    expect(waits[index]).toBeLessThan(leastMs * 2);
  }
  // Somebody else's dice fall otherwise.
  expect(new Set(waits.map((ms, index) => ms / 2 ** index)).size).toBe(3);
});

test.each<[what: string, answer: Answer, leastMs: number]>([
  ["the header", problem("DB_CONNECTION_FAILED", 503, 17), 17_000],
  [
    "the header as a date",
    { status: 503, headers: { "retry-after": "Thu, 01 Jan 2026 00:00:20 GMT" }, body: {} },
    20_000,
  ],
  ["the body, where the header is not shown", { status: 503, body: { meta: { retry_after_seconds: 9 } } }, 9_000],
  ["nothing, while degraded", problem("DB_CONNECTION_FAILED"), 3_000],
  ["no time at all, while degraded", problem("DB_CONNECTION_FAILED", 503, 0), 3_000],
  ["an hour, of which a minute is believed", problem("DB_CONNECTION_FAILED", 503, 3_600), 60_000],
])("a hint is the least to wait: %s", async (_, answer, leastMs) => {
  const { get, end, times } = tab((_, call) => (call === 1 ? answer : fine));
  expect((await end(get("/api/x"))).value).toEqual(fine.body);
  expect(times()[1]).toBeGreaterThanOrEqual(leastMs);
  expect(times()[1]).toBeLessThan(leastMs + 2_000);
});

test("an error says what a page needs to know", async () => {
  const { get, end } = tab(() => problem("DB_POOL_EXHAUSTED", 503, 7));
  expect((await end(get("/api/x"))).error).toMatchObject({
    message: "DB_POOL_EXHAUSTED, in words.",
    status: 503,
    errorCode: "DB_POOL_EXHAUSTED",
    retryAfterSeconds: 7,
    requestId: "req-1",
    data: { success: false },
    isUserAbort: false,
    isParseError: false,
  });
});

test("a success that is no JSON is told apart", async () => {
  const { get, end } = tab(() => ({ body: "<html>login</html>" }));
  expect((await end(get("/api/x"))).error).toMatchObject({ isParseError: true, status: 200, data: null });
});

test("a timeout is each attempt's own, and waiting does not count", async () => {
  const { get, end, times } = tab(() => "hang");
  const { error } = await end(get("/api/x", { timeout: 500, retries: 1 }));
  expect(error).toMatchObject({ name: "TimeoutError", status: null });
  expect(times()).toHaveLength(2);
  expect(times()[1]).toBeGreaterThanOrEqual(1_500);
});

test("`retries: 0` asks once", async () => {
  const { get, end, calls } = tab(() => "gone");
  await end(get("/api/x", { retries: 0 }));
  expect(calls).toHaveLength(1);
});

test("what changes something is sent again only with an Idempotency-Key", async () => {
  const once = tab(() => "gone");
  await once.end(once.post("/api/x", { a: 1 }));
  expect(once.calls).toHaveLength(1);
  const again = tab(() => "gone");
  await again.end(again.post("/api/x", { a: 1 }, { headers: { "Idempotency-Key": "k" } }));
  expect(again.calls.map(({ line, body }) => [line, body])).toEqual(Array(4).fill(["POST /api/x", '{"a":1}']));
});

test("an outage is met by fewer attempts: all calls of a page share one budget", async () => {
  let isDown = true;
  const { get, end, calls } = tab(() => (isDown ? { status: 500, body: {} } : fine));
  for (let call = 0; call < 20; call++) await end(get(`/api/${call}`));
  expect(calls).toHaveLength(20 + 10);
  isDown = false;
  for (let call = 0; call < 20; call++) await end(get(`/api/${call}`));
  isDown = true;
  calls.length = 0;
  await end(get("/api/x"));
  expect(calls).toHaveLength(1 + 2);
});
