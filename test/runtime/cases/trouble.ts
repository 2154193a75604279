/** A real PostgreSQL stops, stands still, and is full: what callers, monitors and operators see, and that it heals alone. */
import { expect } from "vitest";
import { WANTS_NEW } from "../../support/demo.ts";
import type { PostgresServer } from "../../support/postgres.ts";
import { eventually } from "../../support/processes.ts";
import type { Case, Scene } from "../cell.ts";
import {
  bearer,
  CALL_TIMEOUT_MS,
  GRACE_MS,
  HEALS_WITHIN_MS,
  POOL_TIMEOUT_MS,
  REQUESTS_PER_MINUTE,
  TOKENS,
} from "../settings.ts";

const REPORT = "/api/reports/wip-summary?limit=1";

const heals = ({ ask }: Scene) =>
  eventually(
    "it heals alone",
    async () => (await ask(REPORT, WANTS_NEW)).status === 200 && (await ask("/health")).body.status === "healthy",
    HEALS_WITHIN_MS,
  );
const permitsHeld = async ({ admin }: Scene): Promise<number> =>
  (await admin("/admin/api/system-status")).body.data.gates.main.lanes.request.held;

async function cancelledCalls({ ask }: Scene): Promise<number> {
  const { text } = await ask("/metrics", { headers: bearer(TOKENS.monitor) });
  const sample = /^tidegate_calls_total\{[^}]*lane="request",outcome="ignored"[^}]*\} (\d+)$/m;
  return Number(sample.exec(text)?.[1] ?? 0);
}

/** Everything that reads lots waits for as long as `task` takes. */
export async function whileLocked(postgres: PostgresServer, task: () => Promise<void>): Promise<void> {
  const name = "conformance lock";
  const lock = postgres.query(
    `set application_name = '${name}'; begin; lock table fab.lots in access exclusive mode; select pg_sleep(600)`,
  );
  const over = lock.catch(() => {});
  await eventually("the lock", async () => {
    const [row] = await postgres.query(
      "select count(*)::int as n from pg_locks where mode = 'AccessExclusiveLock' and granted and relation = 'fab.lots'::regclass",
    );
    return (row?.n as number) > 0;
  });
  try {
    await task();
  } finally {
    await postgres.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = '${name}'`);
    await over;
  }
}

export const TROUBLE_CASES: readonly Case[] = [
  {
    name: "PostgreSQL stops: callers are told at once, health says what it is, nothing is restarted, and it heals alone",
    run: async (scene) => {
      const { ask, postgres, deployment, receiver } = scene;
      const restarts = receiver.received.length;
      await postgres.stop();
      const codes = new Set<string>();
      const opened = await eventually("the breaker opens", async () => {
        const { status, body, headers, tookMs } = await ask(REPORT, WANTS_NEW);
        expect(status).toBe(503);
        codes.add(body.error.code);
        return body.error.code === "CIRCUIT_BREAKER_OPEN" && { headers, tookMs };
      });
      expect([...codes]).toContain("DB_CONNECTION_FAILED");
      expect(Number(opened.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
      expect(opened.tookMs).toBeLessThan(GRACE_MS);
      const health = await eventually("health knows", async () => {
        const answer = await ask("/health");
        return answer.status === 503 && answer;
      });
      expect(health.body).toMatchObject({
        status: "unhealthy",
        degraded_reason: "database_unreachable",
        resilience: { recovery_recommendation: { level: "observe", action: "check_database_connectivity" } },
      });
      for (const path of ["/health/live", "/health/ready"]) expect((await ask(path)).status).toBe(200);
      await deployment.schedule?.();
      expect(receiver.received).toHaveLength(restarts);
      await postgres.start();
      await heals(scene);
    },
  },
  {
    name: "PostgreSQL stands still: every answer comes within its deadline",
    run: async (scene) => {
      const { ask, postgres } = scene;
      postgres.pause();
      try {
        const answers = await Promise.all(Array.from({ length: 4 }, () => ask(REPORT, WANTS_NEW)));
        for (const { status, body, tookMs } of answers) {
          expect(["DB_QUERY_TIMEOUT", "DB_POOL_EXHAUSTED", "DB_CONNECTION_FAILED", "CIRCUIT_BREAKER_OPEN"]).toContain(
            body.error.code,
          );
          expect([503, 504]).toContain(status);
          expect(tookMs).toBeLessThan(POOL_TIMEOUT_MS + CALL_TIMEOUT_MS + GRACE_MS);
        }
      } finally {
        postgres.resume();
      }
      await heals(scene);
    },
  },
  {
    name: "a full pool refuses with a hint, and what waits for a lock is cancelled at its deadline",
    run: async (scene) => {
      const { ask } = scene;
      await whileLocked(scene.postgres, async () => {
        const answers = await Promise.all(Array.from({ length: 6 }, () => ask(REPORT, WANTS_NEW)));
        const codes = answers.map(({ body }) => body.error.code);
        expect(new Set(codes)).toEqual(new Set(["DB_QUERY_TIMEOUT", "DB_POOL_EXHAUSTED"]));
        const full = answers.find(({ body }) => body.error.code === "DB_POOL_EXHAUSTED");
        expect([full?.status, Number(full?.headers.get("retry-after")) >= 1]).toEqual([503, true]);
        const late = answers.find(({ body }) => body.error.code === "DB_QUERY_TIMEOUT");
        expect([late?.status, late?.headers.get("retry-after")]).toEqual([504, null]);
      });
      await heals(scene);
    },
  },
  {
    name: "a statement that is wrong is the application's fault: never the breaker's business, nor the caller's to know",
    run: async (scene) => {
      const { ask, admin, postgres } = scene;
      await postgres.query("alter table fab.lots rename to lots_elsewhere");
      try {
        // More than would open it, were they failures of the database.
        for (let asked = 0; asked < 12; asked++) {
          const { status, body, headers } = await ask(REPORT, WANTS_NEW);
          expect([status, body.error.code, body.retryable]).toEqual([500, "DB_QUERY_ERROR", false]);
          expect(headers.get("retry-after")).toBeNull();
          expect(body.error.message).not.toContain("lots");
        }
      } finally {
        await postgres.query("alter table fab.lots_elsewhere rename to lots");
      }
      expect((await admin("/admin/api/system-status")).body.data.circuit_breaker.state).toBe("CLOSED");
      await heals(scene);
    },
  },
  {
    name: "callers that leave take their statements with them",
    without: ({ platform }) =>
      platform.hearsClients ? null : "nobody hears there that a client has gone before its answer",
    run: async (scene) => {
      const { deployment, postgres } = scene;
      const before = await cancelledCalls(scene);
      const waiting = async () =>
        (await postgres.query("select count(*)::int as n from pg_stat_activity where wait_event_type = 'Lock'"))[0]?.n;
      await whileLocked(scene.postgres, async () => {
        const controller = new AbortController();
        const asked = [1, 2].map(() =>
          fetch(new URL(REPORT, deployment.url), { ...WANTS_NEW, signal: controller.signal }).catch(() => null),
        );
        await eventually("both wait", async () => (await waiting()) === 2);
        controller.abort();
        await Promise.all(asked);
        await eventually("nobody waits at the server", async () => (await waiting()) === 0, CALL_TIMEOUT_MS + GRACE_MS);
        await eventually("no permit is held", async () => (await permitsHeld(scene)) === 0);
      });
      // What had ended at its deadline would be failures.
      await eventually("both are told as cancelled", async () => (await cancelledCalls(scene)) === before + 2);
      await heals(scene);
    },
  },
  {
    name: "a client that asks too often is told so, and health is not counted",
    run: async ({ ask, cell }) => {
      // Who asks is known on Workers by what Cloudflare says, and nobody else is believed elsewhere.
      const headers = { "cf-connecting-ip": "192.0.2.7" };
      const { headers: answered } = await ask("/nowhere", { headers });
      // Cloudflare's own limit says yes or no, and no numbers.
      const policy = cell.runtime === "workerd" ? null : `"default";q=${REQUESTS_PER_MINUTE};w=60`;
      expect(answered.get("ratelimit-policy")).toBe(policy);
      let refused: Awaited<ReturnType<typeof ask>> | undefined;
      for (let asked = 0; asked <= 2 * REQUESTS_PER_MINUTE && !refused; asked += 50) {
        const answers = await Promise.all(Array.from({ length: 50 }, () => ask("/nowhere", { headers })));
        refused = answers.find(({ status }) => status === 429);
      }
      expect(refused?.body.error.code).toBe("TOO_MANY_REQUESTS");
      expect(Number(refused?.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
      expect((await ask("/health")).status).toBe(200);
    },
  },
];
