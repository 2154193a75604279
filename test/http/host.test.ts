import type { Context } from "hono";
import { expect, it } from "vitest";
import { hostReader } from "../../lib/http/address/address.ts";
import { parseIp } from "../../lib/http/address/ip.ts";

const PROXY = "10.0.0.1";

/** The host of a request to `app.internal:8080` that came from `peer` with this `X-Forwarded-Host`. */
function host(peer: string | null, forwarded?: string, trusted: readonly string[] = ["10.0.0.0/8"]): string {
  const headers = new Headers(forwarded === undefined ? {} : { "x-forwarded-host": forwarded });
  const req = { url: "http://app.internal:8080/admin?x", header: (name: string) => headers.get(name) ?? undefined };
  return hostReader(trusted, () => (peer === null ? null : parseIp(peer)))({ req } as unknown as Context);
}

it("the host is what a trusted proxy says", () => {
  expect(host(PROXY, "ops.example.com")).toBe("ops.example.com");
  expect(host(PROXY, " ops.example.com:8443 ")).toBe("ops.example.com:8443");
});

it("the host is the request's own where nobody trusted says another", () => {
  expect(host(PROXY)).toBe("app.internal:8080");
  expect(host(PROXY, "  ")).toBe("app.internal:8080");
  expect(host("203.0.113.9", "evil.example")).toBe("app.internal:8080");
  expect(host(null, "evil.example")).toBe("app.internal:8080");
  expect(host(PROXY, "evil.example", [])).toBe("app.internal:8080");
});

it("the host is the request's own where a list is forwarded, of which only the end is known", () => {
  expect(host(PROXY, "evil.example, ops.example.com")).toBe("app.internal:8080");
});
