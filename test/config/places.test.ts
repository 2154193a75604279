import { describe, expect, test } from "vitest";
import { ConfigError, readConfig } from "../../lib/config.ts";

describe("DATABASE_URL", () => {
  test.each([
    [
      "postgres://app:p%40ss@db.example:5432/shop?sslmode=require",
      "postgres://db.example:5432/shop",
      ["p%40ss", "p@ss"],
    ],
    ["postgresql://app:secret@a:5432,b:5433/shop", "postgresql://a:5432,b:5433/shop", ["secret"]],
    ["postgres://localhost/shop", "postgres://localhost/shop", []],
    ["postgres://u:pw@[::1]:5432/shop", "postgres://[::1]:5432/shop", ["pw"]],
    ["postgres://u:pw@/shop?host=/var/run/postgresql", "postgres:///shop", ["pw"]],
    ["postgres://h/shop?user=u&password=in%20query", "postgres://h/shop", ["in%20query", "in query"]],
  ])("%s", (url, address, secrets) => {
    const config = readConfig({ DATABASE_URL: url });
    expect(config.database).toEqual({ kind: "postgres", url, address });
    expect(config.secrets).toEqual(secrets);
  });

  test("oracle is taken apart for its driver", () => {
    const url = "oracle://scott:t%2Figer@db:1521/ORCLPDB1";
    expect(readConfig({ DATABASE_URL: url }).database).toEqual({
      kind: "oracle",
      url,
      address: "oracle://db:1521/ORCLPDB1",
      user: "scott",
      password: "t/iger",
      connectString: "db:1521/ORCLPDB1",
    });
  });

  test("pglite is in memory or in a directory", () => {
    expect(readConfig({ DATABASE_URL: "pglite:" }).database).toMatchObject({ kind: "pglite", directory: null });
    expect(readConfig({ DATABASE_URL: "pglite:./data" }).database).toMatchObject({
      directory: "./data",
      address: "pglite:./data",
    });
  });

  test.each([
    ["mysql://h/d", /postgres:\/\/.*oracle:\/\/.*pglite:/],
    ["db.example:5432", /known scheme/],
    ["constructor:", /known scheme/],
    ["postgres://", /postgres:\/\/user:password@host/],
    ["postgres://u:p@ss/w@h/d", /percent-encoded/],
    ["postgres://u:p%zz@h/d", /percent-encoded/],
    ["postgres://h:0/d", /postgres:\/\//],
    ["oracle://scott@h:1521/x", /oracle:\/\/user:password@host:port\/service/],
    ["oracle://scott:tiger@h:1521", /service/],
  ])("%s is refused", (url, needed) => {
    expect(() => readConfig({ DATABASE_URL: url })).toThrow(ConfigError);
    expect(() => readConfig({ DATABASE_URL: url })).toThrow(needed);
  });
});

describe("STATE_URL", () => {
  test.each([
    ["memory:", { kind: "memory", address: "memory:" }],
    ["redis://:pw@cache:6379/2", { kind: "redis", url: "redis://:pw@cache:6379/2", address: "redis://cache:6379/2" }],
    ["rediss://cache", { kind: "redis", url: "rediss://cache", address: "rediss://cache" }],
    [
      "redis+cluster://:pw@h1,h2:7000,h3",
      { kind: "redis", url: "redis+cluster://:pw@h1,h2:7000,h3", address: "redis+cluster://h1,h2:7000,h3" },
    ],
    ["rediss+cluster://h1", { kind: "redis", url: "rediss+cluster://h1", address: "rediss+cluster://h1" }],
    [
      "redis+sentinel://:pw@h1,h2/main/1",
      { kind: "redis", url: "redis+sentinel://:pw@h1,h2/main/1", address: "redis+sentinel://h1,h2/main/1" },
    ],
    [
      "redis+unix:///run/redis.sock",
      { kind: "redis", url: "redis+unix:///run/redis.sock", address: "redis+unix:///run/redis.sock" },
    ],
    ["deno-kv:", { kind: "deno-kv", path: null }],
    ["deno-kv:./kv.sqlite", { kind: "deno-kv", path: "./kv.sqlite" }],
    ["durable-object:", { kind: "durable-object", address: "durable-object:" }],
  ])("%s", (url, store) => expect(readConfig({ STATE_URL: url }).store).toMatchObject(store));

  test("upstash takes its token from STATE_TOKEN, and needs it", () => {
    const env = { STATE_URL: "upstash:https://eu1.upstash.io/", STATE_TOKEN: "AX-rest-token==" };
    const config = readConfig(env);
    expect(config.store).toMatchObject({ kind: "upstash", url: "https://eu1.upstash.io", token: "AX-rest-token==" });
    expect(config.store.address).toBe("upstash:https://eu1.upstash.io");
    expect(config.secrets).toEqual(["AX-rest-token=="]);
    expect(() => readConfig({ STATE_URL: env.STATE_URL })).toThrow(/STATE_TOKEN\n {4}needs {2}the REST token/);
  });

  test.each([
    ["kafka://h", /memory:, redis:\/\/ .*upstash:.*deno-kv:.*durable-object:/],
    ["memory", /known scheme/],
    ["memory:x", /memory:/],
    ["redis://", /redis:\/\//],
    ["redis://h/x", /redis:\/\//],
    ["redis://h1,h2", /redis:\/\/user:password@host:port\/number/],
    ["redis+sentinel://h1,h2", /redis\+sentinel:\/\/.*\/master/],
    ["redis+cluster://h1/2", /redis\+cluster:\/\//],
    ["upstash:http://eu1.upstash.io", /upstash:https:/],
    ["upstash:https://user:token@eu1.upstash.io", /STATE_TOKEN/],
  ])("%s is refused", (url, needed) => {
    expect(() => readConfig({ STATE_URL: url, STATE_TOKEN: "t" })).toThrow(needed);
  });

  test("an unencrypted REST store is for this machine only", () => {
    expect(readConfig({ STATE_URL: "upstash:http://127.0.0.1:8079", STATE_TOKEN: "t" }).store.kind).toBe("upstash");
  });
});
