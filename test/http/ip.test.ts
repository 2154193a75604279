import { describe, expect, it } from "vitest";
import { clientOf, parseIp } from "../../lib/http/address/ip.ts";

describe("an address", () => {
  it.each([
    ["0.0.0.0", "0.0.0.0"],
    ["255.255.255.255", "255.255.255.255"],
    ["256.0.0.1", null],
    ["203.0.113.256", null],
    ["::ffff:203.51.114.9", "203.51.114.9"],
    ["::ffff:cb33:7209", "203.51.114.9"],
    ["::fffe:cb33:7209", "::fffe:cb33:7209"],
    ["fe80::1%eth0.5-x", "fe80::1"],
    ["fe80::1%of_more_than_16ch", null],
    ["203.0.113.9%eth0", null],
    ["::1%", null],
    ["::", "::"],
    ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ["1:2:3:4:5:6:7", null],
  ])("%s is %s", (text, expected) => expect(parseIp(text)?.text ?? null).toBe(expected));

  it("has 45 characters at most", () => {
    expect(parseIp("0000:0000:0000:0000:0000:ffff:255.255.255.255")?.text).toBe("255.255.255.255");
    expect(parseIp("00000:0000:0000:0000:0000:ffff:255.255.255.255")).toBeNull();
  });

  it.each(["::1]/", "::1]#[::1", "::1]?", "::1]/[2001:db8::1"])("%s is none: what it ends, a URL would leave", (text) =>
    expect(parseIp(text)).toBeNull(),
  );

  it("is a number of as many bits as its version has", () => {
    expect(parseIp("1.2.3.4")).toEqual({ version: 4, bits: 0x01020304n, text: "1.2.3.4" });
    expect(parseIp("1:2:3:4:5:6:7:8")?.bits).toBe(0x0001_0002_0003_0004_0005_0006_0007_0008n);
    expect(parseIp("1::8")?.bits).toBe((1n << 112n) + 8n);
  });
});

it("the client of an IPv6 address is the first half of it", () => {
  expect(clientOf(parseIp("1234:5678:9abc:def0:1:2:3:4") ?? expect.fail())).toBe("1234:5678:9abc:def0::/64");
});
