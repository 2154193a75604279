import { expect, test } from "vitest";
import { addressOf, isDecodable, parseConnectionUrl, partsOf, schemeOnly, secretsOf } from "../lib/connection-url.ts";

test("a URL is taken apart as it is written, and its scheme is in lower case", () => {
  expect(partsOf("Postgres://u%40:p@ss:w@a:1,[::1]:2/db?sslmode=require&x=1")).toEqual({
    scheme: "postgres",
    user: "u%40",
    password: "p@ss:w",
    hosts: "a:1,[::1]:2",
    path: "/db",
    query: "sslmode=require&x=1",
  });
  expect(partsOf("redis://h")).toMatchObject({ user: null, password: null, path: "", query: "" });
  expect(partsOf("redis://@h")).toMatchObject({ user: "", password: null });
  expect(partsOf("redis://:pw@h")).toMatchObject({ user: "", password: "pw" });
  expect(partsOf("no url")).toBeNull();
});

test.each([
  ["blanks", "postgres://u:p w@h/db"],
  ["an at sign behind the hosts", "postgres://u:p/w@h/db"],
  ["what can be no host", "postgres://u:p@h:99999/db"],
  ["a percent sign that starts no code", "postgres://u:p%zz@h/db"],
  ["a hash", "postgres://u:p#w@h/db"],
])("%s fits no setting", (_what, text) => {
  expect(parseConnectionUrl(text)).toBeNull();
});

test("whether percent codes are whole is told apart from whether it is a URL", () => {
  const parts = partsOf("postgres://u:p%zz@h/db");
  expect(parts && isDecodable(parts)).toBe(false);
});

test("an address for people has no user, password or parameter", () => {
  const parts = partsOf("oracle://scott:tiger@db:1521/svc?wallet_password=w");
  expect(parts && addressOf(parts)).toBe("oracle://db:1521/svc");
  expect(schemeOnly("mysql://root:hunter2@h/db")).toBe("mysql://***");
  expect(schemeOnly("hunter2")).toBe("*** (without a scheme)");
});

test("secrets are listed once, as written, decoded, and as the value of a form", () => {
  const parts = partsOf("postgres://u:p%40ss@h/db?sslpassword=a+b%21&password=plain&sslmode=require");
  expect(parts && secretsOf(parts)).toEqual(["p%40ss", "p@ss", "a+b%21", "a+b!", "a b%21", "a b!", "plain"]);
});
