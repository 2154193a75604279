import { describe, expect, it } from "vitest";
import { readForwarded, readForwardedFor } from "../../lib/http/address/forwarded.ts";

const texts = (hops: ReturnType<typeof readForwarded>) => hops.map((hop) => hop?.text ?? null);
const MOST_HOPS = 32;
const LONGEST_HEADER = 4_096;

describe("Forwarded", () => {
  it.each([
    ["for=203.0.113.9", ["203.0.113.9"]],
    ["for=203.0.113.9;proto=https;by=10.0.0.1", ["203.0.113.9"]],
    ["proto=https ; FOR = 203.0.113.9 ;by=10.0.0.1", ["203.0.113.9"]],
    ['for="203.0.113.9:4711"', ["203.0.113.9"]],
    ['for="[2001:db8::1]:4711"', ["2001:db8::1"]],
    ["for=198.51.100.1, for=203.0.113.9", ["203.0.113.9", "198.51.100.1"]],
    ["for=unknown, for=_hidden, for=203.0.113.9", ["203.0.113.9", null, null]],
  ])("%s is %j, the nearest first", (header, expected) => {
    expect(texts(readForwarded(header))).toEqual(expected);
  });

  it.each(["proto=https", "for", "for=", "before=203.0.113.9", 'for="203.0.113.9', 'for=203.0.113.9"'])(
    "%s names nobody",
    (header) => expect(texts(readForwarded(header))).toEqual([null]),
  );

  it("that says two for one hop names neither: one may be the client's own", () => {
    expect(texts(readForwarded("for=203.0.113.9;for=203.0.113.9"))).toEqual([null]);
    expect(texts(readForwarded("for=198.51.100.1;for=203.0.113.9"))).toEqual([null]);
    expect(texts(readForwarded("for=198.51.100.1;for=_x, for=203.0.113.9"))).toEqual(["203.0.113.9", null]);
  });

  it("has commas inside of quotes, which end no hop", () => {
    expect(texts(readForwarded('for=198.51.100.1, for=203.0.113.9;by="a,b,c"'))).toEqual([
      "203.0.113.9",
      "198.51.100.1",
    ]);
  });

  it("with a quote that a client has left open still tells what its proxy added", () => {
    expect(texts(readForwarded('for="198.51.100.1, for=203.0.113.9'))[0]).toBe("203.0.113.9");
  });
});

describe("X-Forwarded-For", () => {
  it.each([
    ["203.0.113.9:4711", "203.0.113.9"],
    ["203.0.113.9:65535", "203.0.113.9"],
    ["203.0.113.9:655350", null],
    ["203.0.113.9:", null],
    ["[2001:db8::1]", "2001:db8::1"],
    ["[2001:db8::1]:", null],
    ["[203.0.113.9]", null],
    ["[]", null],
  ])("%s is %s", (header, expected) => expect(texts(readForwardedFor(header))).toEqual([expected]));

  it("is read up to its 32nd hop, from the nearest on", () => {
    const hops = (count: number) => Array.from({ length: count }, (_, n) => `192.0.2.${n}`);
    for (const count of [1, MOST_HOPS - 1, MOST_HOPS]) {
      expect(texts(readForwardedFor(hops(count).join(", ")))).toEqual(hops(count).reverse());
    }
    expect(texts(readForwardedFor(hops(MOST_HOPS + 8).join(", ")))).toEqual(
      hops(MOST_HOPS + 8)
        .reverse()
        .slice(0, 32),
    );
  });

  it("is read in its last 4,096 characters: what they cut through is no hop", () => {
    const near = "192.0.2.1";
    const far = (length: number) => "203.0.113.9".padStart(length - near.length - 1, " ");
    expect(texts(readForwardedFor(`${far(LONGEST_HEADER)},${near}`))).toEqual([near, "203.0.113.9"]);
    expect(texts(readForwardedFor(`${far(LONGEST_HEADER + 1)},${near}`))).toEqual([near]);
    const lastOf = (length: number) => `203.0.113.9,${near.padStart(length, " ")}`;
    expect(texts(readForwardedFor(lastOf(LONGEST_HEADER - 1)))).toEqual([near]);
    expect(texts(readForwardedFor(lastOf(LONGEST_HEADER)))).toEqual([]);
  });
});
