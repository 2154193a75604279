import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRedactor, MASK } from "../../lib/log/redaction.ts";
import { credentials, lookAlikes } from "./credential-shapes.ts";

const runs = process.env.TIDEGATE_FULL ? 400_000 : 12_000;
const patterns = createRedactor({ secrets: [] });

/** A piece long enough to be of use to somebody. */
const PIECE = 6;

function leaks(text: string, secret: string): boolean {
  for (let at = 0; at + PIECE <= secret.length; at++) {
    if (text.includes(secret.slice(at, at + PIECE))) return true;
  }
  return false;
}

describe("patterns", () => {
  test("at least 99.9 % of credential shapes leave not even a piece of their secret", () => {
    const samples = fc.sample(credentials, { numRuns: runs, seed: 1 });
    const missed = samples.filter(({ text, secret }) => leaks(patterns.text(text), secret));
    const by = Map.groupBy(missed, ({ shape }) => shape);
    const report = [...by].map(([shape, all]) => `${shape}: ${all.length}, such as ${all[0]?.text}`).join("\n");
    expect(missed.length / samples.length, report).toBeLessThanOrEqual(0.001);
  });

  test("at most 0.1 % of look-alikes are touched", () => {
    const samples = fc.sample(lookAlikes, { numRuns: runs, seed: 1 });
    const touched = samples.filter((text) => patterns.text(text) !== text);
    expect(touched.length / samples.length, touched.slice(0, 10).join("\n")).toBeLessThanOrEqual(0.001);
  });

  test("what was redacted stays as it is when it is redacted again", () => {
    fc.assert(
      fc.property(credentials, ({ text }) => {
        const once = patterns.text(text);
        expect(patterns.text(once)).toBe(once);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ["postgres://app:other@db/app", "postgres://app:***@db/app"],
    ["postgres://u:p@ss@h/d", "postgres://u:***@h/d"],
    ["redis://:pw@h", "redis://:***@h"],
    ["postgres://u:p/w#x@h/db", "postgres://u:***@h/db"],
    ["http://a.com,postgres://u:pw@h", "http://a.com,postgres://u:***@h"],
    ["https://0123456789abcdef0123@sentry.io/1", "https://***@sentry.io/1"],
    ['{"password":"a\\"b","x":1}', '{"password":"***","x":1}'],
    ['{\\"token\\":\\"abc\\",\\"x\\":1}', '{\\"token\\":\\"***\\",\\"x\\":1}'],
    ['{"secrets":["a","b"],"x":1}', '{"secrets":***,"x":1}'],
    ["password='unterminated and all that follows", "password='***"],
    ["token: {unbalanced and all that follows", "token: ***"],
    ["-----BEGIN PRIVATE KEY-----\nabc without an end", "***"],
    ["a=1 password=hunter2;user=bob", "a=1 password=***;user=bob"],
    ["curl -H 'Authorization: Basic dTpw' http://x", "curl -H 'Authorization: ***' http://x"],
    ["user[password]=x&a=1", "user[password]=***&a=1"],
    ["scott/tiger@//db:1521/ORCL", "scott/***@//db:1521/ORCL"],
    ["ALTER USER x IDENTIFIED BY tiger;", "ALTER USER x IDENTIFIED BY ***;"],
    ["jdbc:oracle:thin:scott/tiger@db:1521:ORCL", "jdbc:oracle:thin:scott/***@db:1521:ORCL"],
    ["<ns:password>hunter2</ns:password>", "<ns:password>***</ns:password>"],
    ["if (tokens>5 && token > limit)", "if (tokens>5 && token > limit)"],
    ["API key: abc123", "API key: ***"],
    ["password_confirmation=abc&new_password_2=def", "password_confirmation=***&new_password_2=***"],
    ["mysql --password hunter2 --host h", "mysql --password *** --host h"],
  ])("%s", (text, safe) => expect(patterns.text(text)).toBe(safe));
});

describe("known secrets", () => {
  const secretText = fc.oneof(
    fc.string({ unit: "binary-ascii", minLength: 6, maxLength: 60 }),
    fc.string({ unit: "grapheme", minLength: 6, maxLength: 60 }),
    fc.base64String({ minLength: 8, maxLength: 64 }),
  );
  const base64 = (text: string) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
  const base64url = (text: string) => base64(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  const WRITINGS: Readonly<Record<string, (secret: string) => string>> = {
    raw: (secret) => secret,
    percent: encodeURIComponent,
    "percent, lower case": (secret) => encodeURIComponent(secret).replace(/%../g, (code) => code.toLowerCase()),
    form: (secret) => new URLSearchParams([["k", secret]]).toString().slice(2),
    json: (secret) => JSON.stringify(secret).slice(1, -1),
    "json in json": (secret) => JSON.stringify(JSON.stringify(secret)).slice(3, -3),
    base64,
    base64url,
    hex: (secret) => Buffer.from(secret).toString("hex"),
  };

  test("every configured secret is found in every form, whatever stands around it", () => {
    const around = fc.string({ maxLength: 12 });
    const writing = fc.constantFrom(...Object.keys(WRITINGS));
    fc.assert(
      fc.property(
        secretText,
        fc.array(secretText, { maxLength: 4 }),
        writing,
        around,
        around,
        (secret, others, kind, before, after) => {
          const { text } = createRedactor({ secrets: [...others, secret] });
          const written = WRITINGS[kind]?.(secret) ?? "";
          const safe = text(`${before}${written}${after}`);
          expect(safe.split(MASK).some((part) => part.includes(written.replace(/=+$/, "")))).toBe(false);
        },
      ),
      { numRuns: Math.min(runs / 4, 20_000) },
    );
  });

  test("a secret inside base64 of something longer is found wherever its bytes fall", () => {
    const { text } = createRedactor({ secrets: ["correct horse"] });
    for (const user of ["", "a", "ab", "abc", "abcd"]) {
      const safe = text(`x ${btoa(`${user}correct horse battery`)} y`);
      expect(safe).toContain(MASK);
      expect(atob((safe.split(MASK)[1] ?? "").replace(/[ y=]/g, "").slice(-4))).not.toContain("horse");
    }
  });

  test("secrets that overlap become one mask, and nothing sticks out", () => {
    expect(createRedactor({ secrets: ["abcdefgh", "efghijkl"] }).text("x abcdefghijkl y")).toBe("x *** y");
  });

  test("short secrets are found as words, very short ones as a whole string or in a pattern", () => {
    const { text, value } = createRedactor({ secrets: ["pw1", "a", "hunter"] });
    expect(text("pw1 xpw1x (pw1)")).toBe("*** xpw1x (***)");
    expect(text("a table, password=a")).toBe("a table, password=***");
    expect(value({ field: "a" })).toEqual({ field: MASK });
    expect(text("xhunterx")).toBe("x***x");
  });

  test("the longer of two secrets with a common beginning is masked to its end", () => {
    const { text } = createRedactor({ secrets: ["secret-1", "secret-1-and-more"] });
    expect(text("is secret-1-and-more or secret-1?")).toBe("is *** or ***?");
  });
});
