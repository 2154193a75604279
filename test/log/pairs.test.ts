import { describe, expect, test } from "vitest";
import { createRedactor } from "../../lib/log/redaction.ts";

const { text } = createRedactor({ secrets: [] });
const unchanged = (original: string) => [original, original];

describe("between a secret's name and its value", () => {
  test.each([
    ["the password=hunter2 here", "the password=*** here"],
    ["the password = hunter2 here", "the password = *** here"],
    ["the password==hunter2 here", "the password==*** here"],
    ["the password===hunter2 here", "the password===*** here"],
    ["the password := hunter2 here", "the password := *** here"],
    ["the password => hunter2 here", "the password => *** here"],
    ["the 'password': hunter2 here", "the 'password': *** here"],
    ["config[password] = hunter2 x", "config[password] = *** x"],
    [`password:${" ".repeat(32)}hunter2 and more`, `password:${" ".repeat(32)}*** and more`],
    unchanged(`password:${" ".repeat(33)}hunter2 and more`),
    unchanged("password::hunter2 and more"),
    unchanged("password://hunter2 and more"),
    unchanged("retries password > hunter2 now"),
    unchanged("retries password>hunter2 and on"),
    ["password=>hunter2 and goes on", "password=>*** and goes on"],
    ["<x><password>hunter2</password></x>", "<x><password>***</password></x>"],
    ["<x><a:password>hunter2</a:password>", "<x><a:password>***</a:password>"],
    ["<x><a.b-c:password>hunter2</a:x>", "<x><a.b-c:password>***</a:x>"],
    [`<${"n".repeat(64)}:password>hunter2<`, `<${"n".repeat(64)}:password>***<`],
    unchanged(`<${"n".repeat(65)}:password>hunter2<`),
  ])("%s", (original, safe) => expect(text(original)).toBe(safe));
});

describe("a value in a query", () => {
  test.each([
    ["GET /x?token=a,b;c&z=1 HTTP", "GET /x?token=***&z=1 HTTP"],
    ["GET /x?a=1&token=a,b;c#part", "GET /x?a=1&token=***#part"],
    ["(see /x?a=1&token=abc).", "(see /x?a=1&token=***)."],
    ["(see '/x?a=1&token=abc'); then", "(see '/x?a=1&token=***'); then"],
    ["/x?a=1&token=abc'))))", "/x?a=1&token=***)))"],
    ["look at /x?token=&password=abc", "look at /x?token=&password=***"],
    unchanged("look at /x?token=&z=1 and more"),
    unchanged("look at /x?tokens=5&z=1 and more"),
    ["look at /x?tokens=five&z=1 and", "look at /x?tokens=***&z=1 and"],
    unchanged("look at /x?token_type=Bear&z=1"),
    unchanged("look at /x?primary_key=abcdef&z=1"),
    unchanged("look at /x?token=null&z=1 and more"),
    unchanged("look at /x?compass=north&z=1 and on"),
    ["a[?&] token: one, two and more", "a[?&] token: ***, two and more"],
    ["what if it ends?password: abc, def", "what if it ends?password: ***, def"],
    ["look at /x?token=@abcdef&z=1 now", "look at /x?token=***&z=1 now"],
    unchanged("SET password=@password WHERE x"),
    ["SET password=@passport WHERE x", "SET password=*** WHERE x"],
  ])("%s", (original, safe) => expect(text(original)).toBe(safe));
});

describe("a value between quotes", () => {
  test.each([
    ['{"password":"","x":"password=y"}', '{"password":"","x":"password=***"}'],
    ['password="a b, c" and goes on', 'password="***" and goes on'],
    ["password=`a b, c` and goes on", "password=`***` and goes on"],
    ["password='a\\'b c' and goes on", "password='***' and goes on"],
    ["password='a\\\\' and goes 'on", "password='***' and goes 'on"],
    ["password='a\\\\\\' and' goes on", "password='***' goes on"],
    ['{\\"token\\":\\"a\\\\\\"b\\",\\"x\\":1}', '{\\"token\\":\\"***\\",\\"x\\":1}'],
    ['\\"token\\":\\"abcdef" ends early', '\\"token\\":\\"***" ends early'],
    ['\\\\\\"token\\\\\\":\\\\\\"abc\\\\\\",x', '\\\\\\"token\\\\\\":\\\\\\"***\\\\\\",x'],
    ["password='\\' never ends at all", "password='***"],
    ["password='null' is what it says", "password='***' is what it says"],
  ])("%s", (original, safe) => expect(text(original)).toBe(safe));
});

describe("a value in brackets", () => {
  test.each([
    ["tokens={a:[1,{b:2}],c:3} and on", "tokens=*** and on"],
    ["tokens=[a,[b],{c}] and goes on", "tokens=*** and goes on"],
    ["tokens=[] and then goes on, x", "tokens=*** and then goes on, x"],
    ["tokens=[a,[b] and never ends, x", "tokens=***"],
  ])("%s", (original, safe) => expect(text(original)).toBe(safe));
});

describe("a bare value", () => {
  test.each([
    ["user=x password=a;b,c&d user=y", "user=x password=*** user=y"],
    ["a (password=abc), b and goes on", "a (password=***), b and goes on"],
    ["password=abc,user=def and goes on", "password=***,user=def and goes on"],
    ["password=abc&user:def and goes on", "password=***&user:def and goes on"],
    ["password= and nothing after that", "password= *** nothing after that"],
    ["Authorization: Custom a b c, d\nx", "Authorization: ***\nx"],
    ["Cookie-Header: a=1; b=2, c\r\nHost: x", "Cookie-Header: ***\r\nHost: x"],
    ["the token: a b c and it goes on", "the token: *** b c and it goes on"],
    ["the password:\nis on the next line", "the password:\nis on the next line"],
  ])("%s", (original, safe) => expect(text(original)).toBe(safe));
});

describe("what stands where a value would", () => {
  test.each(
    "$1 $123 ? %s @name :name {x} {{ .Values.x }} *** null nil none undefined TRUE false string number boolean required missing invalid expired"
      .split(/ (?![.}])/)
      .map((one) => [one]),
  )("%s is none", (value) =>
    expect(text(`WHERE password = ${value} AND more`)).toBe(`WHERE password = ${value} AND more`),
  );

  test.each([
    unchanged("tokens: 5, max_tokens: -12.5%, more"),
    unchanged(`password = :${"a".repeat(64)} and more`),
    [`password = :${"a".repeat(65)} and more`, "password = *** and more"],
    ["tokens: five, passwords: 12a, more", "tokens: ***, passwords: ***, more"],
    ["token: 12345, and then goes on", "token: ***, and then goes on"],
    unchanged("SET password = crypt($1, salt) now"),
    unchanged("SET password = users.password; now"),
    unchanged("SET password = u.old_secret or so"),
    ["SET password = users.passwort now", "SET password = *** now"],
    unchanged("env PWD=/srv/app OLDPWD=/srv run"),
    ["env PWD=hunter2 and DB_PWD=/srv/x", "env PWD=*** and DB_PWD=***"],
  ])("%s", (original, safe) => expect(text(original)).toBe(safe));
});

describe("a flag", () => {
  test.each([
    ["run --token abc --verbose and on", "run --token *** --verbose and on"],
    ["run --db-token 'a b' --verbose on", "run --db-token '***' --verbose on"],
    ["run -token abc and then goes on", "run -token *** and then goes on"],
    ["run --token\tabc and then goes on", "run --token\t*** and then goes on"],
    [`run --token${" ".repeat(32)}abc`, `run --token${" ".repeat(32)}***`],
    unchanged(`run --token${" ".repeat(33)}abc`),
    unchanged("run --token --verbose and goes on"),
    unchanged("run a--token abc and then goes on"),
    unchanged("run --primary-key abc and goes on"),
  ])("%s", (original, safe) => expect(text(original)).toBe(safe));
});
