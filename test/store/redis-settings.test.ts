/** Where a Redis is and how to get in: URLs, and options in code. */
import { expect, test } from "vitest";
import { type RedisOptions, redis } from "../../lib/store/redis/redis.ts";
import { settingsOf } from "../../lib/store/redis/settings.ts";

const server = (host: string, port = 6_379) => ({ kind: "server", node: { host, port } });

test.each([
  ["redis://cache", { place: server("cache"), address: "redis://cache", tls: null, secrets: [], database: 0 }],
  [
    "rediss://user:pa%23ss@cache.example:6380/2",
    {
      place: server("cache.example", 6_380),
      address: "rediss://cache.example:6380/2",
      tls: {},
      login: { username: "user", password: "pa#ss" },
      secrets: ["pa%23ss", "pa#ss"],
      database: 2,
    },
  ],
  [
    "redis://:password@[::1]:6379/?timeout=5",
    { place: server("::1"), address: "redis://[::1]:6379", login: { username: null, password: "password" } },
  ],
  [
    "redis+unix://:secret@/run/redis/redis.sock?db=3",
    {
      place: { kind: "socket", path: "/run/redis/redis.sock" },
      address: "redis+unix:///run/redis/redis.sock",
      database: 3,
      secrets: ["secret"],
    },
  ],
  [
    "rediss+cluster://app:pw@one:7000,two,[::1]:7002",
    {
      place: {
        kind: "cluster",
        nodes: [
          { host: "one", port: 7_000 },
          { host: "two", port: 6_379 },
          { host: "::1", port: 7_002 },
        ],
      },
      address: "rediss+cluster://one:7000,two,[::1]:7002",
      tls: {},
      login: { username: "app", password: "pw" },
    },
  ],
  [
    "redis+sentinel://s1,s2:5000/main/4",
    {
      place: {
        kind: "sentinel",
        master: "main",
        nodes: [
          { host: "s1", port: 26_379 },
          { host: "s2", port: 5_000 },
        ],
      },
      address: "redis+sentinel://s1,s2:5000/main/4",
      database: 4,
    },
  ],
])("a URL says where a Redis is, and who gets in: %s", (url, expected) => {
  expect(settingsOf(url)).toMatchObject(expected);
});

test.each([
  [undefined, "found nothing"],
  ["", "found nothing"],
  ["redis://", "found something else (8 characters)"],
  ["http://cache:6379", "found something else (17 characters)"],
  // Read by URL it is a host "user:1", and a secret at its end.
  ["redis://user:1#secret@cache:6379", "found something else (32 characters)"],
  ["redis://user:secret@cache:99999", "found something else (31 characters)"],
  ["redis://cache:6379/orders", "found something else (25 characters)"],
  ["redis://cache:6379/0/1", "found something else (22 characters)"],
  ["redis://cache,other", "found something else (19 characters)"],
  // Of a cluster there is no other database.
  ["redis+cluster://cache/1", "found something else (23 characters)"],
  ["redis+cluster://", "found something else (16 characters)"],
  ["redis+sentinel://one,two", "found something else (24 characters)"],
  ["redis+sentinel://one/main/x", "found something else (27 characters)"],
  ["redis+unix://", "found something else (13 characters)"],
  ["redis+unix://host/run/redis.sock", "found something else (32 characters)"],
])("what is no URL of a Redis is refused and not repeated: %s", (url, found) => {
  const refusal = new RegExp(
    `^redis: a URL like redis://user.* is needed, .*, ${found.replace(/[()]/g, "\\$&")}; set STATE_URL$`,
  );
  expect(() => redis(url)).toThrow(refusal);
});

test("options name one place, and win over what the URL says", () => {
  const password = () => "rotating";
  expect(settingsOf({ nodes: ["one:7000", { host: "two", port: 7_001 }], tls: { ca: "PEM" }, password })).toMatchObject(
    {
      address: "rediss+cluster://one:7000,two:7001",
      tls: { ca: "PEM" },
      login: { username: null, password },
    },
  );
  expect(settingsOf({ sentinels: ["one"], master: "main", sentinelPassword: "secret", database: 2 })).toMatchObject({
    address: "redis+sentinel://one:26379/main",
    secrets: ["secret"],
    database: 2,
  });
  expect(settingsOf({ url: "rediss://a:old@cache/1", username: "b", password: "new", tls: false })).toMatchObject({
    login: { username: "b", password: "new" },
    secrets: ["old", "new"],
    tls: null,
    database: 1,
  });
});

test.each<[RedisOptions | object, string]>([
  [{}, "one of url, nodes (of a cluster) and sentinels is needed, found none"],
  [{ url: "redis://a", nodes: ["b"] }, "is needed, found url and nodes"],
  [{ url: "redis://a", user: "b" }, "sentinelPassword, database, tls is needed, found user"],
  [{ nodes: [] }, 'nodes: a list of "host:port" or { host, port } is needed, found a list'],
  [{ nodes: ["redis://:secret@a"] }, "nodes: a list of"],
  [{ sentinels: ["a"] }, "master: the name under which the sentinels watch the primary is needed, found undefined"],
  [{ url: "redis://a", password: 7 }, "password: a text, or a function that returns one, is needed, found number"],
  [{ url: "redis://a", database: -1 }, "database: the number of one is needed, found -1"],
  [{ nodes: ["a"], database: 1 }, "database: 0 is needed, since a cluster has no other, found 1"],
  [{ url: "redis://a", tls: "PEM" }, "tls: true, or { ca, cert, key, servername } is needed, found string"],
])("options that cannot be meant are refused by a sentence that says what to write: %j", (options, sentence) => {
  const attempt = () => redis(options as RedisOptions);
  expect(attempt).toThrow(TypeError);
  expect(attempt).toThrow(sentence);
  expect(attempt).not.toThrow("secret");
});
