/** The compose file's way of handing over the database's password, which may have any characters in it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { because } from "../support/because.ts";
import { type PostgresServer, postgresUnavailable, startPostgres } from "../support/postgres.ts";
import { eventually } from "../support/processes.ts";
import { yaml } from "./files.ts";
import { startService } from "./service.ts";

/** Each of them means something in a URL, a shell or a compose file. */
const PASSWORD = "p@ss:w/rd#%41&?=+'\"`$HOME \\ü";

const noPostgres = postgresUnavailable();
describe.skipIf(noPostgres)(`POSTGRES_PASSWORD${because(noPostgres)}`, () => {
  let postgres: PostgresServer;
  beforeAll(async () => {
    postgres = await startPostgres({ password: true });
    await postgres.query(`create role app login password '${PASSWORD.replaceAll("'", "''")}'`);
  });
  afterAll(() => postgres?.dispose());

  /** As `docker compose` fills in the variable, at this server. */
  function environmentWith(password: string) {
    const [{ services }] = yaml("infra/docker/compose.yaml");
    const { DATABASE_URL, PGPASSWORD } = services.app.environment;
    const url = DATABASE_URL.replace("tidegate@postgres:5432/tidegate", `app@127.0.0.1:${postgres.port}/postgres`);
    expect(url).not.toBe(DATABASE_URL);
    expect(services.seed.environment).toEqual({ DATABASE_URL, PGPASSWORD });
    const filled = (text: string) => text.replace(/\$\{POSTGRES_PASSWORD:-[^}]*\}/g, () => password);
    return { DATABASE_URL: filled(url), PGPASSWORD: filled(PGPASSWORD) };
  }

  test("with special characters reaches the server, and no line of the log", async () => {
    const service = await startService({ ...environmentWith(PASSWORD), LOG_LEVEL: "debug" });
    const verdict = async () => (await fetch(new URL("/health", service.url))).status;
    await eventually("the database answers", async () => (await verdict()) === 200, 60_000);
    await service.stop();
    expect(service.output()).not.toContain(PASSWORD.slice(0, 8));
  });

  test("that is wrong does not", async () => {
    const service = await startService(environmentWith("another"));
    expect((await fetch(new URL("/health", service.url))).status).toBe(503);
    await service.stop();
  });
});
