import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Demo, startDemo, WANTS_NEW } from "../support/demo.ts";
import { seedServer } from "../support/plant.ts";
import { type PostgresServer, postgresUnavailable, startPostgres } from "../support/postgres.ts";
import { eventually } from "../support/processes.ts";

const REPORT = "/api/reports/wip-summary";
const unavailable = postgresUnavailable();

describe.skipIf(unavailable)(`the demo on a real PostgreSQL${unavailable ? ` (skipped: ${unavailable})` : ""}`, () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
    await seedServer(server.url, 50);
  });
  afterAll(() => server.dispose());

  const started: Demo[] = [];
  const demoOn = async (env: Record<string, string> = {}) => {
    const demo = await startDemo({ DATABASE_URL: server.url, HEALTH_MEMO_TTL_SECONDS: "0", ...env });
    started.push(demo);
    return demo;
  };
  afterAll(() => Promise.all(started.map((demo) => demo.stop())));

  it("fails fast while the server is down and recovers without a restart once it is back", async () => {
    const demo = await demoOn({ CIRCUIT_BREAKER_RECOVERY_TIMEOUT: "2" });
    expect((await demo.get(REPORT, WANTS_NEW)).status).toBe(200);
    await server.stop();

    const opened = await eventually("the breaker opens", async () => {
      const { status, body, headers, tookMs } = await demo.get(REPORT, WANTS_NEW);
      expect(status).toBe(503);
      return body.error.code === "CIRCUIT_BREAKER_OPEN" && { headers, tookMs };
    });
    const retryAfter = Number(opened.headers.get("retry-after"));
    expect(retryAfter).toBeGreaterThanOrEqual(1);
    // Two seconds of open period and its jitter, rounded up, spread by half of it and one.
    expect(retryAfter).toBeLessThanOrEqual(5);
    const during = await demo.get("/health");
    expect(during).toMatchObject({ status: 503, body: { degraded_reason: "database_unreachable" } });
    expect((await demo.get("/health/live")).status).toBe(200);
    expect((await demo.get("/health/ready")).status).toBe(200);

    await server.start();
    await eventually("reports again", async () => (await demo.get(REPORT, WANTS_NEW)).status === 200, 30_000);
    // Probes are ordinary requests: the second success closes the breaker.
    await demo.get(REPORT, WANTS_NEW);
    expect((await demo.get("/health")).body.status).toBe("healthy");
    expect(demo.output()).not.toContain("tide-secret");
  });

  it("starts while the database is away, says so, and recovers when it appears", async () => {
    await server.stop();
    const demo = await demoOn({ CIRCUIT_BREAKER_RECOVERY_TIMEOUT: "1" });
    expect((await demo.get("/health")).body).toMatchObject({
      status: "unhealthy",
      degraded_reason: "database_unreachable",
    });
    expect((await demo.get("/health/ready")).status).toBe(200);
    expect((await demo.get(REPORT, WANTS_NEW)).status).toBe(503);
    await server.start();
    await eventually("reports", async () => (await demo.get(REPORT, WANTS_NEW)).status === 200, 30_000);
  });

  it("never runs more statements than it has permits; who waits in vain is told so, spread", async () => {
    const demo = await demoOn({ DB_POOL_SIZE: "2", DB_MAX_OVERFLOW: "0", DB_POOL_TIMEOUT: "1" });
    await demo.get(REPORT, WANTS_NEW);
    // A lock that every report needs holds them at the server for as long as the test looks.
    const lock = server.query("begin; lock table fab.lots in access exclusive mode; select pg_sleep(3); commit");
    await eventually("the lock", async () => {
      const [row] = await server.query(
        "select count(*)::int as n from pg_locks where mode = 'AccessExclusiveLock' and granted",
      );
      return (row?.n as number) > 0;
    });
    const asked = Promise.all(Array.from({ length: 50 }, () => demo.get(REPORT, WANTS_NEW)));
    let most = 0;
    const count = async () => {
      const [row] = await server.query(
        "select count(*)::int as n from pg_stat_activity where state = 'active' and application_name like 'tidegate%' and query like '%fab.lots%'",
      );
      most = Math.max(most, row?.n as number);
    };
    let over = false;
    const watching = (async () => {
      while (!over) await count();
    })();
    const answers = await asked;
    over = true;
    await watching;
    await lock;

    expect(most).toBe(2);
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused).toHaveLength(48);
    for (const { status, body } of refused) expect([status, body.error.code]).toEqual([503, "DB_POOL_EXHAUSTED"]);
    expect(Math.min(...refused.map(({ tookMs }) => tookMs))).toBeGreaterThan(900);
    expect(new Set(refused.map(({ headers }) => headers.get("retry-after"))).size).toBeGreaterThanOrEqual(3);
    expect((await demo.get(REPORT, WANTS_NEW)).status).toBe(200);
  });

  it("ends gracefully: requests under way are answered, then the process exits with 0", async () => {
    const demo = await demoOn();
    await demo.get(REPORT, WANTS_NEW);
    const lock = server.query("begin; lock table fab.lots in access exclusive mode; select pg_sleep(1); commit");
    await eventually("the lock", async () => {
      const [row] = await server.query(
        "select count(*)::int as n from pg_locks where mode = 'AccessExclusiveLock' and granted",
      );
      return (row?.n as number) > 0;
    });
    const underWay = demo.get(REPORT, WANTS_NEW);
    await eventually("the statement waits", async () => {
      const [row] = await server.query(
        "select count(*)::int as n from pg_stat_activity where wait_event_type = 'Lock'",
      );
      return (row?.n as number) > 0;
    });
    const ended = demo.stop();
    expect((await underWay).status).toBe(200);
    expect(await ended).toBe(0);
    await lock;
  });
});
