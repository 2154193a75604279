/** What is no pool, or is one already, is told in a sentence that says what to write. */
import { Client, Pool } from "pg";
import postgres from "postgres";
import { describe, expect, test } from "vitest";
import { guardPool } from "../../../lib/facades/pg/pg.ts";
import { memory } from "../../../lib/store/memory.ts";
import { tidegate } from "../../../lib/tidegate.ts";

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const tide = () => tidegate({ store: memory(), log: SILENT });
const guard = (given: unknown, options?: unknown) => guardPool(tide(), given as Pool, options as object);

describe("guardPool refuses", () => {
  test.each([
    ["nothing", undefined, "it was undefined"],
    ["a URL", "postgres://localhost/app", "a URL goes to the pool"],
    ["options", { connectionString: "postgres://localhost/app" }, "the options of one"],
    ["a client", new Client(), "a single client"],
    ["postgres.js", postgres("postgres://127.0.0.1:1/none"), "guardSql"],
    ["the class", Pool, "new Pool"],
    ["a promise", Promise.resolve(new Pool()), "await it first"],
  ])("%s", (_what, given, said) => {
    expect(() => guard(given)).toThrow(TypeError);
    expect(() => guard(given)).toThrow(said);
  });

  test.each([
    ["a URL with an unencoded question mark", "postgres://root:s3cr?etPW%40@db:5432/shop", "percent-encode special"],
    ["a certificate that is not there", "postgres://root:s3cr-etPW@db/shop?sslrootcert=/none.pem", "no such file"],
  ])("a pool that can make no client: %s", (_what, connectionString, said) => {
    const refuse = () => guard(new Pool({ connectionString }));
    expect(refuse).toThrow(TypeError);
    expect(refuse).toThrow(said);
    expect(refuse).not.toThrow(/etPW/);
  });

  test("a pool that was ended", async () => {
    const pool = new Pool();
    await pool.end();
    expect(() => guard(pool)).toThrow("ended");
  });

  test("a pool that is guarded already, by its own name or by that of what was returned", () => {
    const one = tide();
    const pool = new Pool();
    const guarded = guardPool(one, pool);
    expect(() => guardPool(one, pool)).toThrow("already");
    expect(() => guardPool(tide(), guarded)).toThrow("already");
  });

  test("something else than an instance of Tidegate, such as the pool first", () => {
    expect(() => guardPool(new Pool() as never, tide() as never)).toThrow("what tidegate() returns is needed first");
  });

  test.each([
    ["an option of the pool's", { max: 5 }, "go to new Pool"],
    ["a lane that is none", { lane: "fast" }, "lane must be one of request, slow"],
    ["a deadline that is a text", { deadlineMs: "200" }, "deadlineMs must be a number above 0"],
    ["a wait below 0", { waitMs: -1 }, "waitMs must be a number from 0"],
    ["no options at all", null, "options such as"],
  ])("%s", (_what, options, said) => {
    expect(() => guard(new Pool(), options)).toThrow(said);
  });

  test("what a function has made, when that is called", () => {
    const poolOf = guardPool(tide(), () => Promise.resolve(new Pool()) as never);
    expect(() => poolOf()).toThrow("await it first");
  });
});
