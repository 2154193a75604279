/** What PostgreSQL URLs say, as people paste them, and what settings and driver make of one: the same. */
import { describe, expect, test } from "vitest";
import { readConfig } from "../lib/config.ts";
import { postgres } from "../lib/database/postgres/postgres.ts";
import { type PostgresUrl, readPostgresUrl } from "../lib/postgres-url/url.ts";

const read = (url: string): PostgresUrl => {
  const found = readPostgresUrl(url);
  if ("needed" in found) throw new Error(`${found.needed ?? "no URL"}, ${found.found}`);
  return found;
};
const thrown = (task: () => unknown): Error => {
  try {
    task();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
};

describe("where it is", () => {
  test.each([
    ["postgres://h/db", [["h", 5432]], null, "postgres://h/db"],
    [
      "postgres://u:p@a:1,[::1]:2,b/db",
      [
        ["a", 1],
        ["::1", 2],
        ["b", 5432],
      ],
      null,
      "postgres://a:1,[::1]:2,b/db",
    ],
    ["postgres://u@[::1]/db", [["::1", 5432]], null, "postgres://[::1]/db"],
    ["postgres:///db?host=::1&port=5433", [["::1", 5433]], null, "postgres://[::1]:5433/db"],
    [
      "postgres:///db?host=a,b&port=1,2",
      [
        ["a", 1],
        ["b", 2],
      ],
      null,
      "postgres://a:1,b:2/db",
    ],
    ["postgres://h:6000/db?hostaddr=10.0.0.1", [["10.0.0.1", 6000]], null, "postgres://10.0.0.1:6000/db"],
    ["postgres://h/?dbname=a%20b", [["h", 5432]], null, "postgres://h/a%20b"],
    [
      "postgres:///db?host=/cloudsql/p:r-1:i",
      [["/cloudsql/p:r-1:i", 5432]],
      "/cloudsql/p:r-1:i/.s.PGSQL.5432",
      "postgres://%2Fcloudsql%2Fp%3Ar-1%3Ai/db",
    ],
    [
      "postgres://u:p@localhost/db?host=/cloudsql/p:r-1:i",
      [["/cloudsql/p:r-1:i", 5432]],
      "/cloudsql/p:r-1:i/.s.PGSQL.5432",
      "postgres://%2Fcloudsql%2Fp%3Ar-1%3Ai/db",
    ],
    [
      "postgres://u@%2Fvar%2Frun%2Fpostgresql:5433/db",
      [["/var/run/postgresql", 5433]],
      "/var/run/postgresql/.s.PGSQL.5433",
      "postgres://%2Fvar%2Frun%2Fpostgresql:5433/db",
    ],
  ] as const)("%s", (url, places, socket, address) => {
    const found = read(url);
    expect(found.places.map(({ host, port }) => [host, port])).toEqual(places);
    expect(found.socket).toBe(socket);
    expect(found.address).toBe(address);
    expect(readConfig({ DATABASE_URL: url }).database.kind).toBe("postgres");
  });
});

test("user, password and database are decoded, and may stand in parameters", () => {
  expect(read("postgres://a%40b:p%2Fw@h/h%5Fdb")).toMatchObject({ user: "a@b", password: "p/w", database: "h_db" });
  expect(read("postgres://h/?user=u&password=p%26w&dbname=d")).toMatchObject({
    user: "u",
    password: "p&w",
    database: "d",
  });
  expect(read("postgres://u:p@ss@h/db")).toMatchObject({ user: "u", password: "p@ss" });
});

test.each([
  "postgres://u:s3cr%40tPW@%2Fvar%2Frun/db",
  "postgres://u:s3cr%40tPW@/db?host=/var/run",
  "postgres://u:s3cr%40tPW@[::1]/db",
  "postgres://h/db?user=u&password=s3cr%40tPW",
])("the password of %s is a known secret, as written and decoded, by settings and driver alike", (url) => {
  for (const { secrets } of [readConfig({ DATABASE_URL: url }), postgres(url)]) {
    expect(secrets).toEqual(["s3cr%40tPW", "s3cr@tPW"]);
  }
});

describe("parameters of other libraries", () => {
  test.each([
    ["channel_binding=require&sslmode=require", { sslMode: "require", settings: {} }],
    ["schema=my%20schema", { settings: { search_path: '"my schema"' } }],
    ["pgbouncer=true&connection_limit=1&pool_timeout=20", { isPooled: true, settings: {} }],
    ["pgbouncer=false", { isPooled: false, settings: {} }],
    ["prepare=false", { isPooled: true }],
    ["sslmode=allow", { sslMode: "allow" }],
    ["ssl=true", { sslMode: "verify-full" }],
    ["sslmode=require&sslrootcert=system", { sslMode: "verify-full", tlsFiles: {} }],
    ["sslmode=verify-ca&sslrootcert=/ca.pem", { sslMode: "verify-ca", tlsFiles: { ca: "/ca.pem" } }],
    ["gssencmode=disable&krbsrvname=postgres", { settings: {} }],
    ["keepalives=1&keepalives_idle=30&keepalives_interval=5&keepalives_count=3", { keepAlive: 30, settings: {} }],
    ["keepalives=0", { keepAlive: false }],
    ["target_session_attrs=any", { sessionAttributes: null, settings: {} }],
    ["target_session_attrs=read-write", { sessionAttributes: "read-write" }],
    [
      "application_name=shop&options=-c%20search_path%3Da",
      { settings: { application_name: "shop", options: "-c search_path=a" } },
    ],
    ["connect_timeout=5&statement_timeout=0&max=3", { settings: {} }],
    ["client_encoding=UTF8&uselibpqcompat=true&supa=base-pooler.x", { settings: {} }],
    [
      "lock_timeout=1s&TimeZone=UTC&app.tenant=7",
      { settings: { lock_timeout: "1s", TimeZone: "UTC", "app.tenant": "7" } },
    ],
  ])("%s is understood", (query, meant) => {
    expect(read(`postgres://h/db?${query}`)).toMatchObject(meant);
    if (!query.includes("/ca.pem")) expect(postgres(`postgres://h/db?${query}`).kind).toBe("postgres");
  });

  test.each([
    ["gssencmode=require", /gssencmode=require: the driver has no GSSAPI; .*sslmode/],
    ["sslmode=sometimes", /sslmode=sometimes: use one of disable, allow, /],
    ["target_session_attrs=leader", /target_session_attrs=leader: use one of any, read-write/],
    ["require_auth=scram-sha-256", /require_auth/],
    ["service=shop", /service=shop: write user, password, host and database/],
    ["client_encoding=latin1", /client_encoding: text is UTF-8/],
    ["load_balance_hosts=random", /load_balance_hosts=random/],
    ["sslmod=require", /sslmod=require: nobody here knows it; take it out/],
    ["replication=database", /replication=database/],
    ["host=/a,b", /one unix socket/],
  ])("%s is refused at the start, by its name and with what to do, by settings and driver alike", (query, sentence) => {
    const url = `postgres://root:s3cretPW@h/db?${query}`;
    for (const refusal of [thrown(() => postgres(url)), thrown(() => readConfig({ DATABASE_URL: url }))]) {
      expect(refusal.message).toMatch(sentence);
      expect(refusal.message).not.toContain("s3cretPW");
    }
    expect(thrown(() => postgres(url))).toBeInstanceOf(TypeError);
  });

  test("a file that cannot be read is refused at the start", () => {
    const url = "postgres://h/db?sslmode=verify-full&sslrootcert=/no/such/ca.pem";
    expect(thrown(() => postgres(url)).message).toMatch(/sslrootcert must name a file that can be read here/);
  });

  test("what the environment decides is warned of, with the variable that does", () => {
    const { warnings, pool } = readConfig({
      DATABASE_URL: "postgres://h/db?connection_limit=1&connect_timeout=5&pgbouncer=true&channel_binding=require",
    });
    const said = warnings
      .filter(({ variable }) => variable === "DATABASE_URL")
      .map(({ message, remedy }) => message + remedy);
    expect(said).toEqual([
      expect.stringMatching(/connection_limit.*DB_POOL_SIZE/),
      expect.stringMatching(/connect_timeout.*DB_TCP_CONNECT_TIMEOUT/),
      expect.stringMatching(/channel_binding.*sslmode=verify-full/),
    ]);
    expect(pool.pooler).toBe("transaction");
  });
});

describe("a password that was not percent-encoded", () => {
  test.each([
    ["a question mark", "postgres://root:s3cr?etPW%40@db:5432/shop"],
    ["a question mark behind digits", "postgres://root:5432?etPW@db:5432/shop"],
    ["a slash", "postgres://root:s3cr/etPW@db:5432/shop"],
    ["a slash behind digits", "postgres://root:5432/etPW@db:5432/shop"],
    ["a hash", "postgres://root:s3cr#etPW@db:5432/shop"],
    ["a hash behind digits", "postgres://root:5432#etPW@db:5432/shop"],
    ["a blank", "postgres://root:s3cr etPW@db:5432/shop"],
    ["a percent sign", "postgres://root:s3cr%etPW@db:5432/shop"],
  ])("with %s is refused at the start, and not shown", (_what, url) => {
    for (const refusal of [thrown(() => postgres(url)), thrown(() => readConfig({ DATABASE_URL: url }))]) {
      expect(refusal.message).toContain("percent-encoded");
      expect(JSON.stringify({ ...refusal, message: refusal.message })).not.toMatch(/s3cr|etPW|root/);
    }
  });
});
