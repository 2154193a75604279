import { exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { guardedRoutes } from "../support/guarded-routes.ts";
import { AUDIENCE, ISSUER, type Issuer, startIssuer, TEAM } from "../support/issuer.ts";

const OIDC = { ADMIN_OIDC_ISSUER: ISSUER, ADMIN_OIDC_AUDIENCE: AUDIENCE };
const ACCESS = { CF_ACCESS_TEAM_DOMAIN: "team.cloudflareaccess.com", CF_ACCESS_AUD: AUDIENCE };
const now = () => Math.floor(Date.now() / 1_000);

let issuer: Issuer;
beforeEach(async () => {
  issuer = await startIssuer();
});
afterEach(() => issuer.close());

const routes = (env: Record<string, string> = OIDC) => guardedRoutes(env, issuer.runtime);

describe("a JWT of the OIDC issuer", () => {
  it("is an admin's, under the issuer's own name for somebody", async () => {
    const { as } = routes();
    const exp = now() + 100;
    expect(await (await as(await issuer.sign({ exp }))).json()).toEqual({
      name: `${ISSUER}#7`,
      right: "admin",
      kind: "jwt",
      subject: { issuer: ISSUER, sub: "7", displayName: "ada@example.com", isNameVerified: false },
      expiresAtMs: exp * 1_000,
    });
    const several = await issuer.sign({ aud: ["other", AUDIENCE] });
    expect((await as(several)).status).toBe(200);
  });

  it("costs the issuer two requests, however many come", async () => {
    const { as } = routes();
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, n) => issuer.sign({ sub: `${n}` })));
    const answers = await Promise.all(tokens.map((token) => as(token)));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(issuer.requests).toEqual(["/realm/.well-known/openid-configuration", "/realm/keys"]);
  });

  const forgeries: readonly (readonly [string, Record<string, unknown>])[] = [
    ["for another audience", { aud: "another-application" }],
    ["for no audience", { aud: undefined }],
    ["of another issuer", { iss: "https://login.example.com/other-realm" }],
    ["of an issuer whose name begins the same", { iss: `${ISSUER}.evil.example` }],
    ["expired a minute ago", { exp: now() - 60 }],
    ["without an end", { exp: undefined }],
    ["not valid yet", { nbf: now() + 300 }],
    ["of nobody", { email: undefined, sub: undefined }],
    ["of a name that is no text", { email: undefined, sub: undefined, preferred_username: ["ada"] }],
    ["of a subject without end", { sub: "a".repeat(1_000) }],
  ];
  it.each(forgeries)("%s is 401", async (_, claims) => {
    expect((await routes().as(await issuer.sign(claims))).status).toBe(401);
  });

  it("may be half a minute late, since clocks differ", async () => {
    expect((await routes().as(await issuer.sign({ exp: now() - 10 }))).status).toBe(200);
  });

  it("is 401 without a signature, with a stranger's, or with the public key as a secret", async () => {
    const { as } = routes();
    const claims = { iss: ISSUER, aud: AUDIENCE, sub: "7", email: "ada@example.com", exp: now() + 300 };
    const honest = await issuer.sign();
    const [header = "", payload = "", signature = ""] = honest.split(".");
    const stranger = await generateKeyPair("RS256");
    const none = `${btoa(JSON.stringify({ alg: "none", kid: "key-1" })).replaceAll("=", "")}.${payload}`;
    const publicKey = new TextEncoder().encode(await exportSPKI(stranger.publicKey));
    const forged = [
      new UnsecuredJWT(claims).encode(),
      `${none}.`,
      `${none}.${signature}`,
      `${header}.${payload}.${signature.slice(0, -8)}AAAAAAAA`,
      `${header}.${btoa(JSON.stringify({ ...claims, email: "eve@example.com" })).replaceAll("=", "")}.${signature}`,
      await new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: "key-1" }).sign(stranger.privateKey),
      await new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: "key-1" }).sign(publicKey),
      `${header}.${payload}.`,
      `${header}..${signature}`,
      "a.b.c",
    ];
    expect((await as(honest)).status).toBe(200);
    for (const token of forged) expect([token, (await as(token)).status]).toEqual([token, 401]);
  });

  it("of strangers asks nobody: other issuers, other algorithms", async () => {
    const { as } = routes();
    await as(await issuer.sign({ iss: "https://evil.example" }));
    await as("a.b.c");
    expect(issuer.requests).toEqual([]);
  });

  it("with a key of its own in its header is 401, and that address is not asked", async () => {
    const { as } = routes();
    const stranger = await generateKeyPair("RS256");
    const claims = { iss: ISSUER, aud: AUDIENCE, sub: "7", exp: now() + 300 };
    const header = { alg: "RS256", jku: "https://evil.example/keys", x5u: "https://evil.example/x", kid: "mine" };
    expect((await as(await new SignJWT(claims).setProtectedHeader(header).sign(stranger.privateKey))).status).toBe(401);
    expect(issuer.requests.filter((path) => path.includes("evil"))).toEqual([]);
  });

  it("stands beside named tokens", async () => {
    const { as } = routes({ ...OIDC, ADMIN_TOKENS: "ada:a.b.c-token-with-dots" });
    expect((await as("a.b.c-token-with-dots")).status).toBe(200);
    expect((await as(await issuer.sign())).status).toBe(200);
    expect((await as("a.b.c-token-with-dot")).status).toBe(401);
  });
});

describe("an issuer in trouble", () => {
  it.each([
    ["a wrong status", { status: 500, body: "{}" }],
    ["a redirect", { status: 302, body: "{}" }],
    ["no JSON", { status: 200, body: "<html>" }],
    ["JSON of another kind", { status: 200, body: '{"hello":1}' }],
    ["null", { status: 200, body: "null" }],
  ])("that answers %s is 503, not the caller's fault, and is left alone for a while", async (_, answer) => {
    const { as, lines } = routes();
    issuer.misbehave(answer);
    const response = await as(await issuer.sign());
    expect(response.status).toBe(503);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await response.json()).error.code).toBe("SERVICE_UNAVAILABLE");
    expect(lines.map(({ event }) => event)).toContain("auth.undecided");
    for (let n = 0; n < 5; n++) expect((await as(await issuer.sign())).status).toBe(503);
    expect(issuer.requests).toHaveLength(1);
  });

  it("that names another issuer or an open key set is not believed", async () => {
    issuer.configuration.issuer = "https://evil.example";
    expect((await routes().as(await issuer.sign())).status).toBe(503);
    issuer.configuration.issuer = ISSUER;
    issuer.configuration.jwks_uri = "http://login.example.com/realm/keys";
    expect((await routes().as(await issuer.sign())).status).toBe(503);
  });

  it("that exchanged its keys is asked for them again", async () => {
    const { as } = routes();
    const former = await issuer.sign();
    await issuer.rotate();
    expect((await as(await issuer.sign())).status).toBe(200);
    expect((await as(former)).status).toBe(401);
  });

  it("does not stand in the way of named tokens", async () => {
    const { as } = routes({ ...OIDC, ADMIN_TOKENS: "ada:a-token-of-more-than-16" });
    issuer.misbehave("hang");
    expect((await as("a-token-of-more-than-16")).status).toBe(200);
    expect(issuer.requests).toEqual([]);
  });

  it("that is silent is given up in time", async () => {
    issuer.misbehave("hang");
    // Its own time, so that nobody waits for five seconds.
    const hurried = { ...issuer.runtime, setTimer: (task: () => void, ms: number) => setTimeout(task, ms / 100) };
    expect((await guardedRoutes(OIDC, hurried).as(await issuer.sign())).status).toBe(503);
  });
});

describe("Cloudflare Access", () => {
  const assertion = (jwt: string) => ({ headers: { "Cf-Access-Jwt-Assertion": jwt } });

  it("vouches for people and for service tokens, by the team's certificates alone", async () => {
    const { app } = routes(ACCESS);
    const ask = async (jwt: string) => (await app.request("/admin/api/system-status", assertion(jwt))).json();
    expect(await ask(await issuer.sign({ iss: TEAM }))).toMatchObject({ name: `${TEAM}#7`, kind: "access" });
    const service = await issuer.sign({ iss: TEAM, sub: "", email: undefined, common_name: "ci.access" });
    expect(await ask(service)).toMatchObject({ name: `${TEAM}#ci.access`, right: "admin", kind: "access" });
    expect(issuer.requests).toEqual(["/cdn-cgi/access/certs"]);
  });

  it("of another team or application is 401; and so is an assertion where nobody set it up", async () => {
    const { app } = routes(ACCESS);
    const status = async (to: typeof app, jwt: string) =>
      (await to.request("/admin/api/system-status", assertion(jwt))).status;
    expect(await status(app, await issuer.sign({ iss: "https://other.cloudflareaccess.com" }))).toBe(401);
    expect(await status(app, await issuer.sign({ iss: TEAM, aud: "other-application" }))).toBe(401);
    expect(await status(app, "x".repeat(20_000))).toBe(401);
    expect(await status(routes(OIDC).app, await issuer.sign({ iss: TEAM }))).toBe(401);
    expect(await status(routes(OIDC).app, await issuer.sign())).toBe(401);
  });
});
