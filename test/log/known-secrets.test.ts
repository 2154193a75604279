import { describe, expect, test } from "vitest";
import { knownSecrets } from "../../lib/log/known-secrets.ts";
import { createRedactor } from "../../lib/log/redaction.ts";
import { formsOf } from "../../lib/log/secret-forms.ts";

const masked = (secrets: readonly string[], text: string) => knownSecrets(secrets, "***").mask(text);

describe("a known secret", () => {
  test("is looked for from three characters on, and inside of words from six on", () => {
    expect(masked(["ab"], "x ab y")).toBe("x ab y");
    expect(masked(["abc"], "x abc y xabcx")).toBe("x *** y xabcx");
    expect(masked(["abcde"], "abcde xabcde abcdex äabcde abcde9")).toBe("*** xabcde abcdex äabcde abcde9");
    expect(masked(["abcdef"], "xabcdefx")).toBe("x***x");
  });

  test("that is empty is none, and none at all changes nothing", () => {
    expect(masked([], "abc")).toBe("abc");
    expect(masked([""], "abc")).toBe("abc");
    expect(knownSecrets([""], "***").isWhole("")).toBe(false);
    expect(knownSecrets(["", "ab"], "***").isWhole("ab")).toBe(true);
    expect(knownSecrets([], "***").longest).toBe(0);
    expect(knownSecrets(["ab"], "***").longest).toBe(0);
  });

  test("as a whole text is masked however short it is, and however much it looks like something else", () => {
    const { text } = createRedactor({ secrets: ["ab", "x y"] });
    expect([text("ab"), text("ab c"), text("x y")]).toEqual(["***", "ab c", "***"]);
  });

  test("is found beside, inside of and across others", () => {
    expect(masked(["secret-1", "secret-2"], "secret-1secret-2")).toBe("***");
    expect(masked(["secret-1", "secret-2"], "secret-1 secret-2")).toBe("*** ***");
    expect(masked(["abcdefgh", "efghijkl"], "xabcdefghijklx")).toBe("x***x");
    expect(masked(["abcdefghij", "cdefgh"], "xabcdefghijx")).toBe("x***x");
    expect(masked(["abcdefgh", "abcdefghij"], "abcdefghi abcdefghij abcdefgh")).toBe("***i *** ***");
    expect(masked(["aaaaaaa"], "aaaaaaaaa")).toBe("***");
    expect(masked(["a.c+e*g"], "abc+e*g a.c+e*g")).toBe("abc+e*g ***");
  });

  test("decides for a form that a shorter one, which is looked for as a word, has too", () => {
    // In SQL the short one is written as the long one is.
    for (const secrets of [
      ["a'b'c", "a''b''c"],
      ["a''b''c", "a'b'c"],
    ]) {
      expect(masked(secrets, "xa''b''cx")).toBe("x***x");
    }
  });

  test("is hidden in base64 with the character beside it that has some of its bits", () => {
    const secret = "correct horse";
    for (const [before, after] of [
      ["", ""],
      ["a", "z"],
      ["ab", "zz"],
      ["abc", "zzz"],
    ] as const) {
      const safe = masked([secret], btoa(`${before}${secret}${after}`));
      const [head = "", tail = ""] = safe.split("***");
      const bytesOf = (text: string) => Math.floor((text.replace(/=+$/, "").length * 6) / 8);
      expect([safe.includes("***"), bytesOf(head) <= before.length, bytesOf(tail) <= after.length]).toEqual(
        Array(3).fill(true),
      );
    }
    expect(masked([secret], `(${btoa(secret)})`)).toBe("(***==)");
  });
});

describe("the forms of a secret", () => {
  const texts = (secret: string) => formsOf(secret).map(({ text }) => text);

  test("are those of every writer that is known", () => {
    const forms = texts("a/b'\"\\<ü c");
    expect(forms).toContain("a/b'\"\\<ü c");
    expect(forms).toContain("a/b'\\\"\\\\<ü c");
    expect(forms).toContain("a/b'\\\\\\\"\\\\\\\\<ü c");
    expect(forms).toContain("a\\/b'\\\"\\\\<ü c");
    expect(forms).toContain("a/b'\\\"\\\\<\\u00fc c");
    expect(forms).toContain('a/b\\u0027\\"\\\\\\u003cü c');
    expect(forms).toContain("a/b''\"\\<ü c");
    expect(forms).toContain("a/b\\'\"\\\\<ü c");
    expect(forms).toContain("a%2Fb'%22%5C%3C%C3%BC%20c");
    expect(forms).toContain("a%2Fb%27%22%5C%3C%C3%BC%20c");
    expect(forms).toContain("a%2fb%27%22%5c%3c%c3%bc%20c");
    expect(forms).toContain("a%2Fb%27%22%5C%3C%C3%BC+c");
    expect(forms).toContain("%61%2F%62%27%22%5C%3C%C3%BC%20%63");
    expect(forms).toContain("612f6227225c3cc3bc2063");
    expect(forms).toContain("612F6227225C3CC3BC2063");
  });

  test("have leading zeros where their numbers need them", () => {
    expect(texts("\t\t\t\t\t\t")).toContain("%09%09%09%09%09%09");
    expect(texts("\t\t\t\t\t\t")).toContain("090909090909");
    expect(texts("aaaaa\u00e9")).toContain("aaaaa\\u00e9");
  });

  test("are none below three characters, and as words of their own without bytes below six", () => {
    expect(formsOf("ab")).toEqual([]);
    expect(formsOf("abcde").every(({ asWord, margin }) => asWord && margin === 0)).toBe(true);
    expect(texts("abcde")).not.toContain("6162636465");
    expect(formsOf("abcdef").some(({ asWord }) => asWord)).toBe(false);
    expect(texts("abcdef")).toContain("616263646566");
    expect(
      formsOf("abcdef")
        .filter(({ margin }) => margin === 1)
        .map(({ text }) => text),
    ).toEqual(["YWJjZGVm", "YWJjZGVm", "FiY2RlZ", "FiY2RlZ", "hYmNkZW", "hYmNkZW"]);
  });

  test("of half a character have no percent-encoding, which cannot write it", () => {
    expect(texts("abcdef\ud800").some((text) => text.startsWith("%61"))).toBe(false);
  });
});
