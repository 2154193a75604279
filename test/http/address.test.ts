import type { Context } from "hono";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { addressReader } from "../../lib/http/address/address.ts";
import { clientOf, parseIp } from "../../lib/http/address/ip.ts";
import { networkList } from "../../lib/http/address/networks.ts";
import { peerReader } from "../../lib/http/address/peer.ts";

const PROXIES = "10.0.0.0/8, 192.0.2.53, 2001:db8:aaaa::/48";

/** Who asks, where `peer` is the connection's other end and these are the headers. */
function address(peer: string, headers: Record<string, string>, trusted = PROXIES, written = "x-forwarded-for") {
  const { http } = readConfig({ TRUSTED_PROXIES: trusted, TRUSTED_PROXY_HEADER: written });
  const req = { header: (name: string) => new Headers(headers).get(name) ?? undefined };
  const c = { req, env: { incoming: { socket: { remoteAddress: peer } } } } as unknown as Context;
  return addressReader(http, peerReader())(c)?.text ?? null;
}

describe("the client's address", () => {
  it("is the connection's, whatever a stranger claims", () => {
    const claims = { "x-forwarded-for": "198.51.100.1", forwarded: "for=198.51.100.2", "cf-connecting-ip": "1.1.1.1" };
    expect(address("203.0.113.9", claims)).toBe("203.0.113.9");
    expect(address("203.0.113.9", claims, "")).toBe("203.0.113.9");
    expect(address("10.0.0.1", claims, "")).toBe("10.0.0.1");
    expect(address("10.0.0.1", { "cf-connecting-ip": "1.1.1.1", "x-real-ip": "1.1.1.1" })).toBe("10.0.0.1");
  });

  it.each([
    ["what the proxy appended", "203.0.113.9", "203.0.113.9"],
    ["not what the client sent along", "127.0.0.1, 198.51.100.1, 203.0.113.9", "203.0.113.9"],
    ["behind several proxies", "198.51.100.1, 203.0.113.9, 10.9.9.9,192.0.2.53", "203.0.113.9"],
    ["the farthest proxy, where all are trusted", "10.1.1.1, 10.2.2.2", "10.1.1.1"],
    ["without its port", "203.0.113.9:4711", "203.0.113.9"],
    ["of IPv6", "2001:db8::1", "2001:db8::1"],
    ["of IPv6 with a port", "[2001:DB8::1]:4711", "2001:db8::1"],
    ["of IPv6 behind a proxy of IPv6", "2001:db8::1, 2001:db8:aaaa::7", "2001:db8::1"],
    ["of IPv4 in IPv6", "::ffff:203.0.113.9", "203.0.113.9"],
    ["through a proxy in IPv6 clothes", "203.0.113.9, ::ffff:10.0.0.3", "203.0.113.9"],
  ])("by X-Forwarded-For is %s", (_, header, expected) => {
    expect(address("10.0.0.1", { "x-forwarded-for": header })).toBe(expected);
  });

  it.each([
    "",
    ",",
    "unknown",
    "203.0.113.999",
    "203.0.113.9/32",
    "0xcb007109",
    "3405803785",
    "203.0.113.09",
    "1.2.3",
    "::1::2",
    "2001:db8::g",
    "[203.0.113.9]",
    "203.0.113.9, ",
    "203.0.113.9, evil.example",
    "203.0.113.9 203.0.113.8",
    "<script>",
    "'; drop table clients; --",
    "1".repeat(10_000),
    `${"a,".repeat(5_000)}x`,
    '"'.repeat(9_999),
  ])("that cannot be read is the proxy's: %j", (header) => {
    expect(address("10.0.0.1", { "x-forwarded-for": header })).toBe("10.0.0.1");
  });

  it("is what the proxies write, whatever the client has put into the header that they do not write", () => {
    const [one, other] = ["203.0.113.9", "198.51.100.1"];
    for (const invented of [`for=${other}`, "for=10.0.0.9", "for=_x", "nonsense", ""]) {
      expect(address("10.0.0.1", { forwarded: invented, "x-forwarded-for": `${other}, ${one}` })).toBe(one);
      expect(address("10.0.0.1", { forwarded: invented })).toBe("10.0.0.1");
    }
    for (const invented of [other, "10.0.0.9", "unknown", ""]) {
      const headers = { forwarded: `for=${other}, for=${one}`, "x-forwarded-for": invented };
      expect(address("10.0.0.1", headers, PROXIES, "forwarded")).toBe(one);
      expect(address("10.0.0.1", { "x-forwarded-for": invented }, PROXIES, "forwarded")).toBe("10.0.0.1");
    }
  });

  it("may be told by Forwarded", () => {
    const told = (forwarded: string) => address("10.0.0.1", { forwarded }, PROXIES, "forwarded");
    expect(told("for=203.0.113.9;proto=https;by=10.0.0.1")).toBe("203.0.113.9");
    expect(told('for=198.51.100.1, for="[2001:db8::1]:4711", for=10.9.9.9')).toBe("2001:db8::1");
    expect(told("for=unknown, for=10.9.9.9")).toBe("10.9.9.9");
  });

  it("is nobody's behind a connection of which the platform tells nothing, whatever the headers say", () => {
    expect(address("/run/socket", { forwarded: "for=203.0.113.9", "x-forwarded-for": "203.0.113.9" })).toBeNull();
  });

  it("takes no more than a moment to find among thousands of claims", () => {
    const started = performance.now();
    for (let n = 0; n < 100; n++) {
      address("10.0.0.1", { "x-forwarded-for": "10.0.0.1,".repeat(1_500), forwarded: 'for="10.0.0.1",'.repeat(1_000) });
    }
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it("is unknown where the platform does not tell, or tells nonsense", () => {
    const of = (env: unknown) => peerReader()({ req: { header: () => "1.1.1.1" }, env } as unknown as Context);
    for (const env of [undefined, {}, { incoming: {} }, { incoming: { socket: { remoteAddress: "/run/socket" } } }]) {
      expect(of(env)).toBeNull();
    }
    expect(of({ remoteAddr: { transport: "tcp", hostname: "203.0.113.9", port: 1 } })?.text).toBe("203.0.113.9");
    expect(of({ requestContext: { http: { sourceIp: "203.0.113.9" } } })?.text).toBe("203.0.113.9");
    expect(of({ requestContext: { identity: { sourceIp: "2001:db8::1" } } })?.text).toBe("2001:db8::1");
  });

  it("is what the application's own reader says, where there is one", () => {
    const peer = peerReader(() => ({ remote: { address: "203.0.113.9" } }));
    expect(peer({ env: {} } as Context)?.text).toBe("203.0.113.9");
  });
});

describe("networks", () => {
  const inside = (networks: string, address: string) => {
    const ip = parseIp(address);
    return ip !== null && networkList(readConfig({ TRUSTED_PROXIES: networks }).http.trustedProxies)(ip);
  };

  it.each([
    ["10.0.0.0/8", "10.255.255.255", true],
    ["10.0.0.0/8", "11.0.0.0", false],
    ["10.1.2.3/8", "10.200.0.1", true],
    ["192.0.2.53", "192.0.2.53", true],
    ["192.0.2.53", "192.0.2.54", false],
    ["192.0.2.128/25", "192.0.2.127", false],
    ["0.0.0.0/0", "203.0.113.9", true],
    ["0.0.0.0/0", "2001:db8::1", false],
    ["::/0", "203.0.113.9", false],
    ["2001:db8::/32", "2001:db8:ffff::1", true],
    ["2001:db8::/32", "2001:db9::1", false],
    ["2001:db8::1", "2001:0db8:0:0:0:0:0:1", true],
    ["::ffff:10.0.0.0/104", "10.1.2.3", true],
    ["::ffff:10.0.0.0/104", "11.1.2.3", false],
    ["::1", "::1%lo0", true],
  ])("%s and %s: %s", (networks, address, expected) => expect(inside(networks, address)).toBe(expected));
});

it("one client is an IPv4 address, or the /64 that an IPv6 address is in", () => {
  const client = (text: string) => clientOf(parseIp(text) ?? expect.fail(text));
  expect(client("203.0.113.9")).toBe("203.0.113.9");
  expect(client("::ffff:203.0.113.9")).toBe("203.0.113.9");
  expect(client("2001:db8:1:2:3:4:5:6")).toBe("2001:db8:1:2::/64");
  expect(client("2001:db8:1:2::")).toBe(client("2001:db8:1:2:ffff:ffff:ffff:ffff"));
  expect(client("2001:db8:1:3::")).not.toBe(client("2001:db8:1:2::"));
  expect(client("::1")).toBe("0:0:0:0::/64");
});
