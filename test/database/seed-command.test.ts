/** `npm run seed`, as a person types it, against a server of its own. */
import { execFile } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PostgresServer, postgresUnavailable, startPostgres } from "../support/postgres.ts";

interface Run {
  code: number;
  out: string;
  err: string;
}

function seed(args: string[], env: Record<string, string> = {}): Promise<Run> {
  const { DATABASE_URL: _ours, ...inherited } = process.env;
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ["infra/seed/seed.ts", ...args],
      { env: { ...inherited, NO_COLOR: "1", ...env } },
      (error, out, err) => resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

describe("what is wrong is said in a sentence, with exit code 1", () => {
  test.each([
    [["--scale", "0"], '--scale: a number above 0 and up to 11061 is needed, got "0".'],
    [["--scale", "lots"], 'got "lots"'],
    [["--scale", "1e9"], 'got "1e9"'],
    [["--sclae", "1"], "Unknown option '--sclae'"],
    [[], "No database: give --url postgres://"],
    [["--url", "mysql://root:hunter2@h/db"], "must begin with postgres://"],
    [["--url", "postgres://root:hunter2@127.0.0.1:1/db"], "ECONNREFUSED"],
    [["--url", "oracle://fab:hunter2@127.0.0.1:1/db"], "NJS-503"],
    [["--url", "oracle://hunter2"], "a URL like oracle://user:password@host:1521/service is needed"],
    [["--url", "postgres://root:hunter2@nowhere.invalid/db"], "nowhere.invalid"],
  ])("%j", async (args, sentence) => {
    const { code, err } = await seed(args);
    expect(err).toContain(sentence);
    expect(err).not.toContain("hunter2");
    expect(err).not.toMatch(/^\s+at /m);
    expect(code).toBe(1);
  });
});

test("--help says what scale means, and needs no database", async () => {
  const { code, out } = await seed(["--help"]);
  expect(out).toContain("100 is 5,000,000 events");
  expect(code).toBe(0);
});

describe.skipIf(postgresUnavailable() !== undefined)(postgresUnavailable() ?? "on a server", () => {
  let server: PostgresServer;
  const lots = async () => (await server.query("select cast(count(*) as integer) as n from fab.lots"))[0]?.n;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.dispose());

  test("loads, refuses to load over it, or is content with it (--once), and loads again with --reset; nothing else is touched", async () => {
    await server.query(
      "create schema yours; create table yours.lots (id integer); create table public.lots (id integer)",
    );

    const first = await seed(["--scale", "0.05"], { DATABASE_URL: server.url });
    expect(first.err).toMatch(/100 % {2}45 of 45 lots, in 0:\d\d/);
    expect(first.err).toMatch(/[\d,]+ events of \d+ lots in [\d.]+ s\./);
    expect(first.code).toBe(0);
    const loaded = await lots();

    const second = await seed(["--scale", "0.1", "--url", server.url]);
    expect(second.err).toContain(`already holds ${loaded} lots. Nothing was changed.`);
    expect(second.code).toBe(1);
    expect(await lots()).toBe(loaded);

    const again = await seed(["--scale", "0.1", "--once", "--url", server.url]);
    expect(again.err).toContain(`already holds ${loaded} lots. Nothing was changed.`);
    expect(again.code).toBe(0);
    expect(await lots()).toBe(loaded);

    const third = await seed(["--scale", "0.1", "--reset", "--url", server.url]);
    expect(third.code).toBe(0);
    expect(await lots()).toBeGreaterThan(Number(loaded) * 1.5);
    await server.query("select from yours.lots");
    await server.query("select from public.lots");
  });

  test("two at a time: one loads, the other says so", async () => {
    const both = await Promise.all([1, 2].map(() => seed(["--scale", "1", "--reset", "--url", server.url])));
    expect(both.map(({ code }) => code).sort()).toEqual([0, 1]);
    expect(both.find(({ code }) => code === 1)?.err).toContain("Another seed is loading into this database");
  });
});
