import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { type Credential, credentialsOf, sessionCookie } from "../../lib/http/auth/credential.ts";

/** What the reader makes of a request with these headers. */
async function credentials(headers: Record<string, string>): Promise<readonly Credential[]> {
  let found: readonly Credential[] = [];
  const app = new Hono().get("/", (c) => {
    found = credentialsOf(c, sessionCookie("ops.example.com"));
    return c.text("");
  });
  await app.request("/", { headers });
  return found;
}

const ASSERTION = "cf-access-jwt-assertion";

describe("what a request brings", () => {
  it.each([
    ["bearer", (text: string): Record<string, string> => ({ Authorization: `Bearer ${text}` })],
    ["session", (text: string): Record<string, string> => ({ Cookie: `tidegate_session=${text}` })],
    ["access", (text: string): Record<string, string> => ({ [ASSERTION]: text })],
  ])("as a %s is looked at up to 16,384 characters", async (kind, headers) => {
    const longest = "x".repeat(16_384);
    expect(await credentials(headers(longest))).toEqual([{ kind, text: longest }]);
    expect(await credentials(headers(`${longest}x`))).toEqual([]);
  });

  it("on purpose hides what the browser sends along, even where it is too long", async () => {
    const sent = { Cookie: "tidegate_session=a.b", [ASSERTION]: "c.d.e" };
    expect(await credentials({ ...sent, Authorization: "Bearer mine" })).toEqual([{ kind: "bearer", text: "mine" }]);
    expect(await credentials({ ...sent, Authorization: `Bearer ${"x".repeat(16_385)}` })).toEqual([]);
  });

  it("from the browser is up to four cookies of our name, then what Cloudflare Access says", async () => {
    const Cookie = "a=1; tidegate_session=one;tidegate_session=; tidegate_session=three ; b=2; tidegate_session=four";
    const session = (text: string) => ({ kind: "session", text });
    const access = { kind: "access", text: "c.d.e" };
    expect(await credentials({ Cookie, [ASSERTION]: "c.d.e" })).toEqual([
      ...["one", "three", "four"].map(session),
      access,
    ]);
    expect(await credentials({ Cookie: `${Cookie}; tidegate_session=five` })).toEqual(
      ["one", "three", "four"].map(session),
    );
    expect(await credentials({ Cookie: "tidegate_sessions=one; xtidegate_session=two" })).toEqual([]);
    expect(await credentials({})).toEqual([]);
  });
});

describe("a session's cookie", () => {
  it.each([
    ["ops.example.com", "tidegate_session"],
    ["ops.example.com:443", "tidegate_session"],
    ["ops.example.com:80", "tidegate_session"],
    ["[::1]", "tidegate_session"],
    ["ops.example.com:8443", "tidegate_session_8443"],
    ["127.0.0.1:8787", "tidegate_session_8787"],
    ["[::1]:4430", "tidegate_session_4430"],
  ])("of %s is %s", (host, name) => expect(sessionCookie(host)).toBe(name));
});
