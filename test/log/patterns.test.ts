import { describe, expect, test } from "vitest";
import { createRedactor } from "../../lib/log/redaction.ts";

const { text } = createRedactor({ secrets: [] });
const unchanged = (original: string) => [original, original];
const becomes = (original: string, safe: string) => expect(text(original)).toBe(safe);
const PEM = "-----BEGIN RSA PRIVATE KEY-----";
const OF_8 = "abcdefg1";
const HEADER = "eyJhbGci";

describe("a private key", () => {
  test.each([
    [`x ${PEM}\nabc\n-----END RSA PRIVATE KEY----- y`, "x *** y"],
    [`x ${PEM}\nabc\n-----END RSA`, "x ***"],
    [`x ${PEM}\nabc and no end`, "x ***"],
    ["x -----BEGIN PGP PRIVATE KEY BLOCK-----\nabc\n-----END PGP PRIVATE KEY BLOCK-----y", "x ***y"],
    unchanged("x -----BEGIN PUBLIC KEY-----\nabc\n-----END PUBLIC KEY----- y"),
    [`-----END x----- ${PEM} abc -----END x----- y`, "-----END x----- *** y"],
  ])("%j", becomes);
});

describe("a password in SQL", () => {
  test.each([
    ["ALTER ROLE a PASSWORD 'it''s;x' LOGIN", "ALTER ROLE a PASSWORD *** LOGIN"],
    ["ALTER ROLE a PASSWORD 'a''' LOGIN 'x'", "ALTER ROLE a PASSWORD *** LOGIN 'x'"],
    ["ALTER ROLE a PASSWORD '' LOGIN", "ALTER ROLE a PASSWORD *** LOGIN"],
    ["ALTER ROLE a PASSWORD 'never ends", "ALTER ROLE a PASSWORD ***"],
    ['ALTER USER a IDENTIFIED BY "a;b" ACCOUNT', "ALTER USER a IDENTIFIED BY *** ACCOUNT"],
    ["ALTER USER a IDENTIFIED BY abc, b", "ALTER USER a IDENTIFIED BY ***, b"],
    ["ALTER USER a IDENTIFIED BY VALUES 'S:1' x", "ALTER USER a IDENTIFIED BY VALUES *** x"],
    ["ALTER USER a IDENTIFIED BY PASSWORD '*1' x", "ALTER USER a IDENTIFIED BY PASSWORD *** x"],
    ["ALTER USER abcdef IDENTIFIED BY abc", "ALTER USER abcdef IDENTIFIED BY ***"],
    [`IDENTIFIED BY ${"a".repeat(255)} x`, "IDENTIFIED BY *** x"],
    [`IDENTIFIED BY ${"a".repeat(256)}bcd`, "IDENTIFIED BY ***bcd"],
  ])("%s", becomes);
});

describe("a value behind an HTTP scheme", () => {
  test.each([
    [`sent Bearer ${OF_8} to somebody`, "sent Bearer *** to somebody"],
    [`sent Bearer ${OF_8.slice(1)} to somebody`, `sent Bearer ${OF_8.slice(1)} to somebody`],
    ["sent Bearer abcdeFgh to somebody", "sent Bearer *** to somebody"],
    ["sent Bearer abcdefg= to somebody", "sent Bearer *** to somebody"],
    unchanged("sent Bearer ABCDEFGH to somebody"),
    unchanged("sent Bearer abcdefgh to somebody"),
    unchanged("sent Bearer 2026-01-02 to nobody"),
    [`sent Bearer ${"a".repeat(32)} x`, "sent Bearer *** x"],
    [`sent Bearer ${"a".repeat(31)} x`, `sent Bearer ${"a".repeat(31)} x`],
    [`sent Negotiate ${OF_8} to somebody`, "sent Negotiate *** to somebody"],
    [`sent Basic ${btoa("a:b")} to somebody`, "sent Basic *** to somebody"],
    [`sent Basic ${btoa("ab1")} to somebody`, `sent Basic ${btoa("ab1")} to somebody`],
    unchanged("sent Basic YTp to somebody else"),
    [`sent Basic ${btoa("ÿþ:ÿ>").replaceAll("+", "-").replaceAll("/", "_")} to`, "sent Basic *** to"],
    ["sent Basic a1234567890123456 and on", "sent Basic *** and on"],
    unchanged("sent Basic a12345678901234 and on"),
    unchanged("sent Basic abcdefghijklmnopq and on"),
    unchanged("the basic idea, the bearer of it"),
  ])("%s", becomes);
});

describe("a JSON web token", () => {
  test.each([
    [`is ${HEADER}.eyJzdWIi.abc it`, "is *** it"],
    [`is ${HEADER}.1234567890a it`, "is *** it"],
    [`is ${HEADER}.1234567890 it`, `is ${HEADER}.1234567890 it`],
    unchanged(`is ${HEADER.slice(1)}.12345678901234 it`),
    unchanged("is eyJhbGc.123456789012345 it"),
    unchanged("is eyJhbGciOiJIUzI1NiJ9abcdef it"),
  ])("%s", becomes);
});

describe("a token that its vendor has marked", () => {
  test.each([
    ["is AKIA0123456789ABCDEF it", "is *** it"],
    ["is AKIAABCDEFGHIJKLMNOP it", "is *** it"],
    unchanged("is AKIA0123456789ABCDEF0 it"),
    unchanged("is xAKIA0123456789ABCDEF it"),
    unchanged("is ghp_123456789012345 it all"),
    ["is ghp_1234567890123456 it", "is *** it"],
    unchanged("is ghp_abcdefghijklmnopqrst it"),
    ["is sk-abcdefghijklmnopqrs1 it", "is *** it"],
  ])("%s", becomes);
});

describe("a login of Oracle's tools", () => {
  test.each([
    ["sqlplus scott/tiger@db.example.com", "sqlplus scott/***@db.example.com"],
    ["sqlplus scott/tiger@10.0.0.1:1521 x", "sqlplus scott/***@10.0.0.1:1521 x"],
    ["sqlplus scott/tiger@10.0.0.1 and on", "sqlplus scott/***@10.0.0.1 and on"],
    ["sqlplus scott/tiger@latest:1521 on", "sqlplus scott/***@latest:1521 on"],
    ["sqlplus scott/tiger@latest/XE and on", "sqlplus scott/***@latest/XE and on"],
    unchanged("uses: actions/checkout@v4 and on"),
    unchanged("uses: actions/checkout@4.2.1 and on"),
    unchanged("uses: actions/checkout@4abc and on"),
    unchanged("uses: actions/checkout@main and on"),
    unchanged("uses: actions/cache@4/restore and on"),
    unchanged("in lib/a/b@db.example.com and on"),
  ])("%s", becomes);
});

describe("a text", () => {
  test("of up to nineteen characters of a name is looked at by nobody", () => {
    becomes("eyJhbGci.1234567890", "eyJhbGci.1234567890");
    becomes("ghp_123456789012345", "ghp_123456789012345");
    becomes("ghp_1234567890123456", "***");
  });

  test("has one mask for what is found, and goes on behind it", () => {
    becomes(`Bearer ${OF_8}, password=x, Bearer ${OF_8}!`, "Bearer ***, password=***, Bearer ***!");
  });
});

describe("what one text may cost", () => {
  // What is masked costs two of 8,192, what is looked at one; then the rest is masked as a whole.
  test("is 4,096 secrets: with more of them, the rest is masked as a whole", () => {
    const secrets = (count: number) => "jwt=a ".repeat(count);
    becomes(secrets(4_096), "jwt=*** ".repeat(4_096));
    becomes(`${secrets(4_096)}jwt=b and more`, `${"jwt=*** ".repeat(4_096)}***`);
  });

  test("is 8,192 look-alikes: with more of them, the rest is masked as a whole", () => {
    const alike = (count: number) => "jwt=? ".repeat(count);
    becomes(alike(8_192), alike(8_192));
    becomes(`${alike(8_192)}jwt=? and more`, `${alike(8_192)}***`);
  });

  test("is one budget for all patterns together", () => {
    becomes(`${"jwt=a ".repeat(4_096)}to scott/tiger@db`, `${"jwt=*** ".repeat(4_096)}to scott***`);
  });
});
