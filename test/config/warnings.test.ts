import { describe, expect, test } from "vitest";
import { systemEnvironment } from "../../lib/config/environment.ts";
import { readConfig } from "../../lib/config.ts";

const warned = (env: Record<string, string>) => readConfig(env).warnings.map(({ variable }) => variable);

describe("names that nobody reads", () => {
  test.each([
    ["DB_POOLSIZE", "DB_POOL_SIZE"],
    ["DB_POOL_SZIE", "DB_POOL_SIZE"],
    ["DB_TIMEOUT", "DB_POOL_TIMEOUT"],
    ["db_pool_size", "DB_POOL_SIZE"],
    ["WORKER_RETRY_BUDGET", "WORKER_RESTART_RETRY_BUDGET"],
    ["ADMIN_TOKEN", "ADMIN_TOKENS"],
    ["CORS_ORIGIN", "CORS_ORIGINS"],
    ["STATE_TOKENS", "STATE_TOKEN"],
    ["HEALTH_MEMO_TTL", "HEALTH_MEMO_TTL_SECONDS"],
    ["CIRCUT_BREAKER_ENABLED", "CIRCUIT_BREAKER_ENABLED"],
  ])("%s was meant to be %s", (wrong, right) => {
    expect(readConfig({ [wrong]: "1" }).warnings).toEqual([
      {
        variable: wrong,
        message: `is not read; did you mean ${right}?`,
        remedy: `rename it to ${right}, or remove it`,
      },
    ]);
  });

  test("below a prefix that is ours alone, every unknown name is a mistake", () => {
    expect(warned({ CIRCUIT_BREAKER_COLOUR: "x", RESILIENCE_X: "x", WATCHDOG_BREED: "x" })).toHaveLength(3);
  });

  test("other programs' variables are none of our business", () => {
    const others = {
      PATH: "/bin",
      HOME: "/",
      DB_HOST: "x",
      DB_PASSWORD: "x",
      STATE_DIR: "x",
      ADMIN_EMAIL: "x",
      HOSTNAME: "h",
      NODE_ENV: "test",
    };
    expect(warned(others)).toEqual([]);
  });

  test("values of unknown variables appear nowhere", () => {
    expect(JSON.stringify(readConfig({ DB_POOLSIZE: "s3cret" }))).not.toContain("s3cret");
  });
});

describe("what is allowed but probably not meant", () => {
  test("a shared store without EXPECTED_INSTANCES", () => {
    expect(warned({ STATE_URL: "redis://h" })).toEqual(["EXPECTED_INSTANCES"]);
    expect(warned({ STATE_URL: "redis://h", EXPECTED_INSTANCES: "1" })).toEqual([]);
  });

  test("an end that is shorter than a statement may be", () => {
    expect(warned({ HTTP_DRAIN_SECONDS: "30" })).toEqual(["HTTP_DRAIN_SECONDS"]);
    expect(warned({ HTTP_DRAIN_SECONDS: "300" })).toEqual([]);
    const short = { DB_CALL_TIMEOUT_MS: "20000", DB_SLOW_CALL_TIMEOUT_MS: "25000" };
    expect(warned({ HTTP_DRAIN_SECONDS: "30", ...short })).toEqual([]);
    expect(readConfig(short).listen.drainMs).toBe(30_000);
    expect(readConfig({ DB_CALL_TIMEOUT_MS: "400000" }).listen.drainMs).toBe(405_000);
  });

  test("headers that may not take as long as an idle connection is kept", () => {
    expect(warned({ HTTP_HEADERS_TIMEOUT_SECONDS: "60" })).toEqual(["HTTP_HEADERS_TIMEOUT_SECONDS"]);
    const { listen } = readConfig({ HTTP_KEEP_ALIVE_SECONDS: "620" });
    expect([listen.headersTimeoutMs, listen.requestTimeoutMs]).toEqual([625_000, 625_000]);
    expect(() => readConfig({ HTTP_HEADERS_TIMEOUT_SECONDS: "90", HTTP_REQUEST_TIMEOUT_SECONDS: "80" })).toThrow(
      "HTTP_REQUEST_TIMEOUT_SECONDS",
    );
  });

  test("a file for the audit, beside a store that keeps it for all processes", () => {
    const shared = { STATE_URL: "redis://h", EXPECTED_INSTANCES: "2", AUDIT_FILE: "/var/lib/fab/audit.jsonl" };
    expect(warned(shared)).toEqual(["AUDIT_FILE"]);
    expect(readConfig(shared).audit.file).toBeNull();
    expect(readConfig({ AUDIT_FILE: shared.AUDIT_FILE })).toMatchObject({
      audit: { file: shared.AUDIT_FILE },
      warnings: [],
    });
  });

  test("production that nobody can administer, or with the embedded database", () => {
    expect(warned({ APP_ENV: "production" })).toEqual(["ADMIN_TOKENS", "DATABASE_URL"]);
    const env = { APP_ENV: "production", DATABASE_URL: "postgres://h/d", ADMIN_TOKENS: "ada:x7Qm2Vt9LbR4wKzD" };
    expect(warned(env)).toEqual(["SESSION_SECRET"]);
    expect(warned({ ...env, SESSION_SECRET: "N4vR7yQ2kXb9WmZc5TgHs8JdLf3PpUe6AqYi0KoVx1tB" })).toEqual([]);
  });

  test.each([
    ["production", "warn", true],
    ["production", "error", true],
    ["production", "info", false],
    ["production", "debug", false],
    ["staging", "warn", false],
  ])("in %s, LOG_LEVEL %s hides the audit's heads: %s", (APP_ENV, LOG_LEVEL, hides) => {
    const hidden = readConfig({ APP_ENV, LOG_LEVEL }).warnings.filter(({ variable }) => variable === "LOG_LEVEL");
    expect(hidden.map(({ message }) => message)).toEqual(hides ? [expect.stringContaining("audit.recorded")] : []);
  });
});

describe("where the environment comes from", () => {
  test("the platform's own, unless one is given", () => {
    process.env.DB_POOL_SIZE = "7";
    try {
      expect(readConfig().pool.poolSize).toBe(7);
      expect(readConfig({}).pool.poolSize).toBe(10);
    } finally {
      delete process.env.DB_POOL_SIZE;
    }
  });

  test("numbers and truth values are taken as they are, bindings are not", () => {
    const config = readConfig({
      DB_POOL_SIZE: 7,
      WATCHDOG_ENABLED: true,
      DB_MAX_OVERFLOW: undefined,
      AUDIT_FILE: { get() {} },
    });
    expect([config.pool.poolSize, config.watchdog.enabled, config.pool.maxOverflow, config.audit.file]).toEqual([
      7,
      true,
      20,
      null,
    ]);
  });

  test("Deno may allow some variables and not all", () => {
    const denied = () => {
      throw new Error("NotCapable");
    };
    const get = (name: string) => (name === "PORT" ? "1" : denied());
    Object.assign(globalThis, { Deno: { env: { toObject: denied, get } } });
    try {
      expect(systemEnvironment(["PORT", "HOST"])).toEqual({ PORT: "1", HOST: undefined });
    } finally {
      Reflect.deleteProperty(globalThis, "Deno");
    }
  });
});
