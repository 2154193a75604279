/** `SQL_COMMENTS`: what a database's own tools find a statement's request by. */
import { Hono } from "hono";
import { afterEach, describe, expect, test } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { sql } from "../../lib/database/sql.ts";
import { openTelemetry } from "../../lib/telemetry/opentelemetry.ts";
import { sqlComment, withComment } from "../../lib/telemetry/sql-comment.ts";
import type { TidegateEnv } from "../../lib/tidegate.ts";
import { smallApp } from "../support/app.ts";
import { startSdk } from "./sdk.ts";

const COMMENTS = { SQL_COMMENTS: "true", DB_POOLER: "transaction" };

/** An application with one route, and the texts that its database was asked for. */
function commentedApp(env: Record<string, string>, more: Parameters<typeof smallApp>[2] = {}) {
  const asked: string[] = [];
  const answer = (text: string) => {
    asked.push(text);
    return [];
  };
  const { tide } = smallApp(env, answer, more);
  const app = new Hono<TidegateEnv>().use(tide.middleware()).get("/orders/:id", async (c) => {
    await c.var.db.lane("slow").transaction((tx) => tx.query`select * from orders where id = ${c.req.param("id")};`);
    return c.json(await c.var.db.query`select 1 /* a hint */`);
  });
  return { app, asked, tide };
}

describe("a statement", () => {
  test("says its route and its lane where that is set, and no value", async () => {
    const { app, asked, tide } = commentedApp(COMMENTS);
    await app.request("/orders/17");
    await tide.db.query`select 2`;
    expect(asked).toEqual([
      expect.stringMatching(/^begin/),
      "select * from orders where id = $1 /*lane='slow',route='%2Forders%2F%3Aid'*/;",
      "commit",
      "select 1 /* a hint */",
      "select 2 /*lane='request'*/",
    ]);
  });

  test("says nothing where it is not", async () => {
    const { app, asked } = commentedApp({});
    await app.request("/orders/17");
    expect(asked.join()).not.toContain("lane");
  });
});

describe("a traced statement", () => {
  const sdk = startSdk();
  afterEach(() => sdk.stop());

  test("says its own span, by which the server's side is found from it", async () => {
    const { app, asked } = commentedApp(COMMENTS, { telemetry: openTelemetry() });
    await app.request("/orders/17");
    const statement = sdk.spans().find(({ attributes }) => attributes["tidegate.lane"] === "slow");
    const { traceId, spanId } = statement?.spanContext() ?? {};
    expect(asked[1]).toBe(
      `select * from orders where id = $1 /*lane='slow',route='%2Forders%2F%3Aid',traceparent='00-${traceId}-${spanId}-01'*/;`,
    );
    expect(statement?.attributes["db.query.text"]).toBe("select * from orders where id = $1;");
  });
});

describe("a comment", () => {
  test("is as the format has it: sorted, for a URL, and with no way out of it", () => {
    const parts = { route: "/a*/ drop 'x'", lane: "request", empty: "", none: undefined, "a key": "\ud800" };
    expect(sqlComment(parts)).toBe(String.raw`/*a%20key='%EF%BF%BD',lane='request',route='%2Fa*%2F%20drop%20\'x\''*/`);
    expect(sqlComment({ lane: undefined })).toBeNull();
  });

  test("keeps the values of its statement where they are", () => {
    const { texts, values } = withComment(sql`select ${1}, ${2}`, "/*lane='slow'*/");
    expect([texts, values]).toEqual([
      ["select ", ", ", " /*lane='slow'*/"],
      [1, 2],
    ]);
  });

  test.each([sql`select 1 -- why`, sql`/*+ SeqScan(lots) */ select ${1}`])(
    "is in no text that has one",
    (statement) => {
      expect(withComment(statement, "/*lane='slow'*/")).toBe(statement);
    },
  );
});

describe("SQL_COMMENTS", () => {
  const PREPARED = "is not followed: statements are prepared by their text, and each would be another one";
  const POSTGRES = { DATABASE_URL: "postgres://db/fab" };

  test.each([
    [POSTGRES, {}, PREPARED, "remove it, or set DB_POOLER=transaction, with which nothing is prepared"],
    [{ DATABASE_URL: "oracle://app:pass@db:1521/fab" }, {}, PREPARED, "remove it"],
    [POSTGRES, { database: null }, "is not followed: statements of guarded pools are sent as they are", "remove it"],
  ])("is not followed where it would do harm or nothing, and says so: %j %j", (env, code, message, remedy) => {
    const config = readConfig({ ...env, SQL_COMMENTS: "true" }, code);
    expect(config.telemetry.sqlComments).toBe(false);
    expect(config.warnings).toEqual([{ variable: "SQL_COMMENTS", message, remedy }]);
  });

  test.each([{ DATABASE_URL: "postgres://db/fab?pgbouncer=true" }, { DATABASE_URL: "pglite:" }])(
    "is followed elsewhere: %j",
    (env) => {
      const config = readConfig({ ...env, SQL_COMMENTS: "true" });
      expect([config.telemetry.sqlComments, config.warnings]).toEqual([true, []]);
    },
  );
});
