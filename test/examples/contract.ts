/** What every example answers, whatever it is made of, and what it leaves at the server: nothing. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgresUnavailable } from "../support/postgres.ts";
import { eventually } from "../support/processes.ts";
import { type ExampleOptions, type ExampleScene, exampleScene, type Started } from "./scene.ts";

const SLEEP = "/report?seconds=60";
/** A call is given up soon, and the breaker opens soon and tries again soon. */
const HURRIED = {
  DB_CALL_TIMEOUT_MS: "800",
  DB_TCP_CONNECT_TIMEOUT: "1",
  CIRCUIT_BREAKER_FAILURE_THRESHOLD: "3",
  CIRCUIT_BREAKER_WINDOW_SIZE: "3",
  CIRCUIT_BREAKER_RECOVERY_TIMEOUT: "1",
};

interface Problem {
  readonly status: number;
  readonly code: string;
  readonly retryAfter: string | null;
  /** For who reads that a test has failed. */
  readonly details: unknown;
}

async function problemOf(answer: Response): Promise<Problem> {
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  const body = await answer.json();
  expect(body).toMatchObject({ success: false, status: answer.status });
  expect(body.meta.request_id).toBe(answer.headers.get("x-request-id"));
  const { code, details } = body.error;
  return { status: answer.status, code, retryAfter: answer.headers.get("retry-after"), details };
}

/** The application answers `/orders/:id`, `POST /orders` and `/report?seconds=`, and has mounted Tidegate's own routes. */
export function exampleContract(name: string, options: ExampleOptions = {}): void {
  const { deafForMs, more } = options;
  const missing = postgresUnavailable();
  describe.skipIf(missing !== undefined)(`examples/${name}: ${missing ?? "PostgreSQL found"}`, () => {
    let scene: ExampleScene;
    beforeAll(async () => {
      scene = await exampleScene(name, options);
    });
    afterAll(() => scene?.dispose());
    const nothingLeft = async (app: Started) => {
      await eventually("no statement runs", async () => (await scene.running()) === 0);
      await eventually("no permit is out", async () => (await app.held()) === 0);
    };
    const post = (app: Started, id: number) => {
      const headers = { "Content-Type": "application/json" };
      return app.ask("/orders", { method: "POST", headers, body: JSON.stringify({ id, customer: "ben" }) });
    };
    const healthOf = async (app: Started) => (await app.ask("/health")).json();

    test("has no type errors", async () => {
      await scene.typed();
    });

    describe("with a database that answers", () => {
      let app: Started;
      beforeAll(async () => {
        app = await scene.started(deafForMs === undefined ? {} : { DB_CALL_TIMEOUT_MS: String(deafForMs) });
      });
      afterAll(() => app?.end());

      test("a read is guarded, and what is not there is 404", async () => {
        const read = await app.ask("/orders/1");
        expect([read.status, await read.json()]).toEqual([200, { id: 1, customer: "ada" }]);
        expect(read.headers.get("x-request-id")).toMatch(/^[\w-]{36}$/);
        expect(await problemOf(await app.ask("/orders/99"))).toMatchObject({ status: 404, code: "NOT_FOUND" });
        const { status, circuit_breaker } = await healthOf(app);
        expect([status, circuit_breaker.state]).toEqual(["healthy", "CLOSED"]);
        // What is counted is the statement, so the application has not gone round the gate.
        await eventually("both are counted", async () => (await healthOf(app)).circuit_breaker.total_count >= 2);
      });

      test("a key that is there already is the application's own error, and never counts against the database", async () => {
        const written = await post(app, 7);
        expect([written.status, await written.json()]).toEqual([201, { id: 7, customer: "ben" }]);
        for (let again = 0; again < 12; again++) {
          expect(await problemOf(await post(app, 7))).toMatchObject({ status: 409, code: "CONFLICT" });
        }
        const { status, circuit_breaker } = await healthOf(app);
        expect([status, circuit_breaker.state, circuit_breaker.failure_count]).toEqual(["healthy", "CLOSED", 0]);
        await nothingLeft(app);
      });

      test("a full pool is DB_POOL_EXHAUSTED with Retry-After, and has room again", async () => {
        const leaving = new AbortController();
        const held = [1, 2].map(() => app.ask(SLEEP, { signal: leaving.signal }).catch(() => null));
        await eventually("all permits are out", async () => (await scene.running()) === 2);
        const refused = await problemOf(await app.ask("/orders/1"));
        expect(refused).toMatchObject({ status: 503, code: "DB_POOL_EXHAUSTED" });
        expect(Number(refused.retryAfter)).toBeGreaterThan(0);
        expect((await app.ask("/health/live")).status).toBe(200);
        leaving.abort();
        await Promise.all(held);
        await nothingLeft(app);
        expect((await app.ask("/orders/1")).status).toBe(200);
      });

      const end = deafForMs === undefined ? "" : ", by its deadline at the latest";
      test(`who closes the tab ends the statement at the server${end}`, async () => {
        const leaving = new AbortController();
        const left = app.ask(SLEEP, { signal: leaving.signal }).catch(() => null);
        await eventually("the statement runs", async () => (await scene.running()) === 1);
        leaving.abort();
        await left;
        await nothingLeft(app);
        if (deafForMs === undefined) expect((await healthOf(app)).circuit_breaker.failure_count).toBe(0);
      });
    });

    describe("with a database that is lost", () => {
      let app: Started;
      beforeAll(async () => {
        app = await scene.started(HURRIED);
        await reads();
      });
      afterAll(async () => {
        scene.server.resume();
        await app?.end();
      });
      /** Until the breaker refuses: every answer on the way there is one of the contract. */
      const refused = async (codes: readonly string[]) => {
        const seen = new Set<string>();
        const last = await eventually(
          "the breaker opens",
          async () => {
            const problem = await problemOf(await app.ask("/orders/1"));
            seen.add(problem.code);
            return problem.code === "CIRCUIT_BREAKER_OPEN" && problem;
          },
          30_000,
        );
        expect(last.status).toBe(503);
        expect(Number(last.retryAfter)).toBeGreaterThan(0);
        expect([...seen].filter((code) => ![...codes, "CIRCUIT_BREAKER_OPEN"].includes(code))).toEqual([]);
        expect((await app.ask("/health/live")).status).toBe(200);
        const health = await app.ask("/health");
        expect([health.status, (await health.json()).status]).toEqual([503, "unhealthy"]);
      };
      const reads = () => eventually("orders come", async () => (await app.ask("/orders/1")).status === 200, 40_000);
      const answersAgain = async () => {
        await reads();
        await nothingLeft(app);
      };

      test("a statement that takes too long is 504, and gone at the server", async () => {
        expect(await problemOf(await app.ask(SLEEP))).toMatchObject({ status: 504, code: "DB_QUERY_TIMEOUT" });
        await nothingLeft(app);
      });

      test("a frozen server is told in time, then refused at once, and found again when it goes on", async () => {
        scene.server.pause();
        try {
          await refused(["DB_QUERY_TIMEOUT", "DB_CONNECTION_FAILED", "DB_POOL_EXHAUSTED"]);
        } finally {
          scene.server.resume();
        }
        await answersAgain();
      });

      test("a stopped server is told at once, then refused, and found again when it is back", async () => {
        await scene.server.stop();
        await refused(["DB_CONNECTION_FAILED"]);
        await scene.server.start();
        await answersAgain();
      });

      test("its end is in order, and leaves no connection", async () => {
        await reads();
        const { code, signal } = await app.end();
        // Next.js says by its code that it was a signal.
        expect([0, 143, null]).toContain(code);
        expect([null, "SIGTERM"]).toContain(signal);
        await eventually("nobody is connected", async () => (await scene.connections()) === 0);
      });
    });

    more?.(() => scene);
  });
}
