import { describe, expect, test } from "vitest";
import { createRedactor } from "../../lib/log/redaction.ts";

const { text } = createRedactor({ secrets: [] });
const unchanged = (original: string) => [original, original];
const becomes = (original: string, safe: string) => expect(text(original)).toBe(safe);

describe("the password in a URL", () => {
  test.each([
    ["at pg://u:p:w@h:5432/d and on", "at pg://u:***@h:5432/d and on"],
    ["at pg://u:p@w@h/d and then on", "at pg://u:***@h/d and then on"],
    ["at pg://:p@h/d and then goes on", "at pg://:***@h/d and then goes on"],
    ["at pg:\\/\\/u:p@h\\/d and then on", "at pg:\\/\\/u:***@h\\/d and then on"],
    unchanged("at pg://u:@h/d and then goes on"),
    unchanged("at pg://u@h/d and then goes on"),
    unchanged("at pg://h:5432/d?mail=a@b and on"),
    unchanged("at pg://h1:5432,h2:5433/d@x and on"),
    unchanged("at http://[::1]:80/a@b and then on"),
    unchanged("at http://h/path:a@b and then on"),
    unchanged("at http://@h:5432/a@b and then on"),
  ])("%s", becomes);

  test.each([
    ["at 'pg://u:p'w@h/d' and then on", "at 'pg://u:p'w@h/d' and then on"],
    ["at 'pg://'u:pw@h/d and then on", "at 'pg://'u:pw@h/d and then on"],
    ["at 'pg://u:pw@h/d' and then on", "at 'pg://u:***@h/d' and then on"],
    ['at "pg://u:p\'w@h/d" and then on', 'at "pg://u:***@h/d" and then on'],
    ["at 'pg://u:p/w' or a@b and then", "at 'pg://u:p/w' or a@b and then"],
  ])("ends at the apostrophe, where one stands before the URL: %s", becomes);
});

describe("a raw slash in the password of a URL", () => {
  test.each([
    ["at pg://u:p/w@h/d and then goes on", "at pg://u:***@h/d and then goes on"],
    ["at pg://u:p?w#x@h/d and then on", "at pg://u:***@h/d and then on"],
    ["at pg://u:p/w@x@h/d and then on", "at pg://u:***@h/d and then on"],
    ["at pg://u:p/w@h", "at pg://u:***@h"],
    unchanged("at pg://u:p/w and a@b and then on"),
    unchanged("at pg://u:p/w without any of them"),
    unchanged("at pg://nobody/w@h/d and then on"),
  ])("%s", becomes);

  test("is followed for 256 characters of the login", () => {
    const login = (length: number) => "u:p/".padEnd(length, "x");
    becomes(`pg://${login(255)}@h/d on`, "pg://u:***@h/d on");
    becomes(`pg://${login(256)}@h/d on`, `pg://${login(256)}@h/d on`);
  });
});

describe("a login in a URL", () => {
  test("without a colon is a token where it is long and mixed", () => {
    becomes("https://abcdefghijklmno1@h/d", "https://***@h/d");
    becomes("https://0123456789ABCDEF@h/d", "https://***@h/d");
    for (const user of ["abcdefghijklmn1", "abcdefghijklmnop", "0123456789012345"]) {
      becomes(`https://${user}@host.example/d`, `https://${user}@host.example/d`);
    }
  });

  test("of 2,048 characters and more is masked as far as it was read", () => {
    const login = (length: number) => "u:".padEnd(length, "x");
    becomes(`pg://${login(2_047)} and on`, `pg://${login(2_047)} and on`);
    becomes(`pg://${login(2_048)} and on`, "pg://u:*** and on");
    becomes(`pg://${login(2_048)}yz@h`, "pg://u:***yz@h");
  });
});
