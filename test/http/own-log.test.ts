import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../lib/config.ts";
import type { Log, LogFields } from "../../lib/log/port.ts";
import { memory } from "../../lib/store/memory.ts";
import { fakeDatabase, manualRuntime } from "../../lib/testing/testing.ts";
import { DatabaseError, type TidegateEnv, tidegate } from "../../lib/tidegate.ts";

/** As most loggers are: their methods need their object. */
class Lines implements Log {
  readonly #lines: string[] = [];
  debug(event: string, fields?: LogFields) {
    this.#lines.push(`${event} ${JSON.stringify(fields)}`);
  }
  info(event: string, fields?: LogFields) {
    this.debug(event, fields);
  }
  warn(event: string, fields?: LogFields) {
    this.debug(event, fields);
  }
  error(event: string, fields?: LogFields) {
    this.debug(event, fields);
  }
  text() {
    return this.#lines.join("\n");
  }
}

/** The codes of eleven answers, of which the tenth opens the breaker. */
async function codesWith(log: Log, secretFrom: "environment" | "code" = "environment"): Promise<string[]> {
  const inEnvironment = secretFrom === "environment" ? { DATABASE_URL: "postgres://app:tide-secret@db/fab" } : {};
  const config = readConfig({ APP_ENV: "testing", ...inEnvironment });
  const fake = fakeDatabase(() => {
    const cause = new Error("no entry for postgres://app:tide-secret@db/fab, nor for tide-secret");
    throw new DatabaseError("connection", "The database could not be reached.", { cause });
  });
  const database = { ...fake, secrets: secretFrom === "code" ? ["tide-secret"] : [] };
  // In its time none passes: a busy machine would have the breaker open by a run of failures, and so before the tenth.
  const tide = tidegate({ database, store: memory(), config, log, runtime: manualRuntime() });
  const app = new Hono<TidegateEnv>()
    .onError(tide.onError)
    .use(tide.middleware())
    .get("/orders", async (c) => c.json(await c.var.db.query`select 1`));
  const codes = [];
  for (let call = 0; call < 11; call++) {
    const body = (await (await app.request("/orders")).json()) as { error: { code: string } };
    codes.push(body.error.code);
  }
  return codes;
}

const CODES = [...Array(10).fill("DB_CONNECTION_FAILED"), "CIRCUIT_BREAKER_OPEN"];

describe("an application's own log", () => {
  it("hears of everything, its methods being called as such, and of no secret", async () => {
    const lines = new Lines();
    expect(await codesWith(lines)).toEqual(CODES);
    for (const event of ["gate.life", "request.failed", "breaker.open"]) expect(lines.text()).toContain(event);
    expect(lines.text()).toContain("no entry for");
    expect(lines.text()).not.toContain("tide-secret");
  });

  it("hears of no password that was given in code, either", async () => {
    const lines = new Lines();
    await codesWith(lines, "code");
    expect(lines.text()).toContain("no entry for");
    expect(lines.text()).not.toContain("tide-secret");
  });

  it("that throws costs nobody an answer, when the breaker opens least of all", async () => {
    const broken = () => {
      throw new Error("disk full");
    };
    expect(await codesWith({ debug: broken, info: broken, warn: broken, error: broken })).toEqual(CODES);
  });
});
