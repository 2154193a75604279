/** What is the same in every framework: who asks, what is refused, what is thrown, and what a caller leaves behind. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { postgresUnavailable } from "../support/postgres.ts";
import { eventually } from "../support/processes.ts";
import { atRest, type FrameworkScene, frameworkScene, type Parts, type Served } from "./scene.ts";

const TOKEN = "a-token-that-is-long-enough-to-pass";
/** In two parts, each of which the server reads in a turn of its own. */
function posted(id: string): RequestInit {
  const encoder = new TextEncoder();
  const body = new ReadableStream({
    start: (controller) => {
      controller.enqueue(encoder.encode('{"id":'));
      setTimeout(() => {
        controller.enqueue(encoder.encode(`${id}}`));
        controller.close();
      }, 20);
    },
  });
  const init = { method: "POST", headers: { "Content-Type": "application/json" }, body, duplex: "half" };
  return init as RequestInit;
}
const bearer = { Authorization: `Bearer ${TOKEN}` };

/**
 * The application that a framework starts answers `/orders` by `tideOf`, `/pool` by a guarded pool, `/sleep` and
 * `/pool/sleep` by statements that sleep, `POST /orders` what the pool makes of its JSON body, asleep for `?seconds`;
 * `/missing` throws a problem, `/broken` an error, `/later` one after a moment, `/stream` sends three parts, `/id` its
 * request id, `/plain` a text.
 */
export function frameworkContract(name: string, start: (parts: Parts) => Promise<Served>): void {
  const missing = postgresUnavailable();
  describe.skipIf(missing !== undefined)(`${name}: ${missing ?? "PostgreSQL found"}`, () => {
    let scene: FrameworkScene;
    beforeAll(async () => {
      scene = await frameworkScene(start);
    });
    afterEach(() => scene.clear());
    afterAll(() => scene?.dispose());
    const problemOf = async (answer: Response) => {
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
      const body = await answer.json();
      expect(body.meta.request_id).toBe(answer.headers.get("x-request-id"));
      return { status: answer.status, code: body.error.code, retryAfter: answer.headers.get("retry-after"), body };
    };

    test("reads are guarded, by the database of a request and by a pool of the application's own", async () => {
      const { ask, tide } = await scene.started();
      expect(await (await ask("/orders")).json()).toEqual([{ id: 1, customer: "ada" }]);
      expect(await (await ask("/pool")).json()).toEqual([{ id: 1, customer: "ada" }]);
      await eventually("both are counted", async () => (await tide.view()).window.calls === 2);
    });

    test("a request has the id that its client has sent, or one of its own", async () => {
      const { ask } = await scene.started();
      const sent = await ask("/id", { headers: { "X-Request-Id": "from-the-client" } });
      expect([sent.headers.get("x-request-id"), await sent.text()]).toEqual(["from-the-client", "from-the-client"]);
      const unfit = await ask("/id", { headers: { "X-Request-Id": "not fit for a log" } });
      expect(unfit.headers.get("x-request-id")).toMatch(/^[\w-]{36}$/);
      expect(await unfit.text()).toBe(unfit.headers.get("x-request-id"));
    });

    test("what a handler throws is answered as the contract says, and only what is the service's own is logged", async () => {
      const { ask, lines } = await scene.started();
      expect(await problemOf(await ask("/missing?secret=1"))).toMatchObject({
        status: 404,
        code: "NOT_FOUND",
        body: { instance: "/missing", detail: "There is no such order." },
      });
      for (const path of ["/broken", "/later"]) {
        const broken = await problemOf(await ask(path));
        expect(broken).toMatchObject({ status: 500, code: "INTERNAL_ERROR" });
        expect(JSON.stringify(broken.body)).not.toContain("not for outside");
      }
      const logged = lines.filter(({ level }) => level === "error");
      expect(logged.map(({ event, fields }) => [event, fields.path, fields.code])).toEqual([
        ["request.failed", "/broken", "INTERNAL_ERROR"],
        ["request.failed", "/later", "INTERNAL_ERROR"],
      ]);
    });

    test("a database that is frozen ends a statement at its deadline, and then the breaker refuses at once", async () => {
      const { ask, tide } = await scene.started({
        DB_CALL_TIMEOUT_MS: "400",
        CIRCUIT_BREAKER_FAILURE_THRESHOLD: "2",
        CIRCUIT_BREAKER_WINDOW_SIZE: "2",
      });
      expect((await ask("/pool")).status).toBe(200);
      scene.server.pause();
      const first = await Promise.all([ask("/pool"), ask("/orders")].map(async (one) => problemOf(await one)));
      for (const { status } of first) expect([503, 504]).toContain(status);
      await eventually("the breaker opens", async () => {
        await (await ask("/pool")).text();
        return (await tide.view()).breaker.state === "open";
      });
      const refused = await problemOf(await ask("/orders"));
      expect(refused).toMatchObject({ status: 503, code: "CIRCUIT_BREAKER_OPEN" });
      expect(Number(refused.retryAfter)).toBeGreaterThan(0);
      expect((await ask("/plain")).status).toBe(200);
      expect((await ask("/health/live")).status).toBe(200);
    });

    test("a full pool is DB_POOL_EXHAUSTED with Retry-After", async () => {
      const { ask, tide } = await scene.started();
      const leaving = new AbortController();
      const held = [1, 2].map(() => ask("/sleep", { signal: leaving.signal }).catch(() => null));
      await eventually("both permits are out", async () => (await scene.sleeping()) === 2);
      const refused = await problemOf(await ask("/pool"));
      expect(refused).toMatchObject({ status: 503, code: "DB_POOL_EXHAUSTED" });
      expect(Number(refused.retryAfter)).toBeGreaterThan(0);
      leaving.abort();
      await Promise.all(held);
      await atRest(tide);
    });

    test.each([
      ["/sleep", () => ({})],
      ["/pool/sleep", () => ({})],
      ["/orders?seconds=60", () => posted("7")],
    ])("who closes the tab of %s ends its statement at the server", async (path, initOf) => {
      const { ask, tide, lines } = await scene.started();
      const leaving = new AbortController();
      const left = ask(path, { ...initOf(), signal: leaving.signal }).catch((error: unknown) => error);
      await eventually("the statement runs", async () => (await scene.sleeping()) === 1);
      leaving.abort();
      await left;
      await eventually("the statement is gone", async () => (await scene.sleeping()) === 0);
      await atRest(tide);
      expect((await tide.view()).breaker.state).toBe("closed");
      expect(lines.filter(({ level }) => level === "error")).toEqual([]);
    });

    test("a body that comes in parts reaches its handler", async () => {
      const { ask } = await scene.started();
      expect(await (await ask("/orders?seconds=0", posted("8"))).json()).toEqual([{ id: 8 }]);
    });

    test("a stream goes out as its handler sends it", async () => {
      const { ask } = await scene.started();
      const answer = await ask("/stream");
      expect([await answer.text(), answer.headers.get("x-request-id")?.length]).toEqual(["one two three", 36]);
    });

    test("a client that has made its requests is told so, and health and operators are not counted", async () => {
      const { ask } = await scene.started({ RATE_LIMIT_PER_MINUTE: "3" });
      for (let probe = 0; probe < 5; probe++) expect((await ask("/health/live")).status).toBe(200);
      const first = await ask("/plain");
      expect(first.headers.get("ratelimit")).toMatch(/^"default";r=2;t=\d+$/);
      await ask("/plain");
      await ask("/plain");
      const refused = await problemOf(await ask("/plain"));
      expect(refused).toMatchObject({ status: 429, code: "TOO_MANY_REQUESTS" });
      expect(Number(refused.retryAfter)).toBeGreaterThan(0);
      expect((await ask("/admin/api/system-status", { headers: bearer })).status).toBe(200);
    });

    test("while draining, what comes is refused and health says why", async () => {
      const { ask, tide } = await scene.started();
      expect((await ask("/health/live")).status).toBe(200);
      const running = ask("/pool/sleep?seconds=0.5");
      await eventually("the statement runs", async () => (await scene.sleeping()) === 1);
      tide.drain();
      expect(await problemOf(await ask("/plain"))).toMatchObject({ status: 503, code: "SERVICE_UNAVAILABLE" });
      expect((await ask("/health/live")).status).toBe(200);
      const ready = await ask("/health/ready");
      expect([ready.status, (await ready.json()).status]).toEqual([503, "draining"]);
      expect((await running).status).toBe(200);
    });

    test.each(["", "/ops"])("Tidegate's own routes answer behind the prefix '%s'", async (prefix) => {
      const { ask, url } = await scene.started({}, prefix);
      const health = await ask(`${prefix}/health`);
      expect([health.status, (await health.json()).status]).toEqual([200, "healthy"]);
      expect((await ask(`${prefix}/metrics`, { headers: bearer })).status).toBe(200);
      expect((await ask(`${prefix}/admin`)).headers.get("content-type")).toContain("text/html");
      expect(await problemOf(await ask(`${prefix}/admin/api/audit`))).toMatchObject({
        code: "UNAUTHORIZED",
        body: { instance: `${prefix}/admin/api/audit` },
      });
      expect(await problemOf(await ask(`${prefix}/health`, { method: "DELETE" }))).toMatchObject({
        code: "METHOD_NOT_ALLOWED",
      });
      const signedIn = await ask(`${prefix}/admin/api/session`, {
        method: "POST",
        headers: { "Content-Type": "application/json", Origin: url, "X-Requested-With": "fetch" },
        body: JSON.stringify({ token: TOKEN }),
      });
      expect(signedIn.status).toBe(200);
      expect(signedIn.headers.getSetCookie()[0]).toContain(`Path=${prefix}/admin;`);
      if (prefix !== "") expect((await ask("/health")).status).toBe(404);
    });
  });
}
