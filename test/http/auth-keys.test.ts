/** Which of an issuer's keys a JWT is checked by, where several fit; and what the log says where none does. */
import { type CryptoKey, exportJWK, type JWK, SignJWT } from "jose";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { guardedRoutes } from "../support/guarded-routes.ts";
import { AUDIENCE, ISSUER, type Issuer, startIssuer } from "../support/issuer.ts";

const OIDC = { ADMIN_OIDC_ISSUER: ISSUER, ADMIN_OIDC_AUDIENCE: AUDIENCE };
const RSA = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", publicExponent: new Uint8Array([1, 0, 1]) };

interface Pair {
  readonly jwk: JWK;
  readonly privateKey: CryptoKey;
}
async function pair(modulusLength = 2_048): Promise<Pair> {
  const { publicKey, privateKey } = await crypto.subtle.generateKey({ ...RSA, modulusLength }, true, [
    "sign",
    "verify",
  ]);
  return { jwk: await exportJWK(publicKey), privateKey };
}

let [ada, bob, eve]: Pair[] = [];
let small: Pair;
beforeAll(async () => {
  [ada, bob, eve] = await Promise.all([pair(), pair(), pair()]);
  small = await pair(1_024);
});
let issuer: Issuer;
beforeEach(async () => {
  issuer = await startIssuer();
});
afterEach(async () => {
  vi.useRealTimers();
  await issuer.close();
});

/** The one answer at all addresses is a configuration as well as the keys. */
const publish = (keys: readonly JWK[], more: object = {}) =>
  issuer.misbehave({
    status: 200,
    body: JSON.stringify({ issuer: ISSUER, jwks_uri: `${ISSUER}/keys`, ...more, keys }),
  });
const routes = (env: Record<string, string> = OIDC) => guardedRoutes(env, issuer.runtime);

async function signedBy({ privateKey }: Pair = expect.fail(), header: object = {}, claims: object = {}) {
  const now = Math.floor(Date.now() / 1_000);
  return new SignJWT({ iss: ISSUER, aud: AUDIENCE, sub: "7", exp: now + 300, ...claims })
    .setProtectedHeader({ alg: "RS256", ...header })
    .sign(privateKey, { crit: { future: true } });
}
const jwkOf = ({ jwk }: Pair = expect.fail(), more: object = {}): JWK => ({ ...jwk, ...more });
const reasons = ({ lines }: ReturnType<typeof routes>) =>
  lines.filter(({ event }) => event === "auth.failed").map(({ fields }) => String(fields.reason));

describe("a JWT that several keys fit", () => {
  it("because it names none is checked by each of them", async () => {
    publish([jwkOf(ada, { kid: "1" }), jwkOf(bob, { kid: "2" })]);
    const { as } = routes();
    for (const who of [ada, bob]) expect((await as(await signedBy(who))).status).toBe(200);
    expect((await as(await signedBy(eve))).status).toBe(401);
  });

  it("because one name is given twice is checked by each of them", async () => {
    publish([jwkOf(ada, { kid: "1" }), jwkOf(bob, { kid: "1" }), jwkOf(eve, { kid: "2" })]);
    const { as } = routes();
    for (const who of [ada, bob]) expect((await as(await signedBy(who, { kid: "1" }))).status).toBe(200);
    expect((await as(await signedBy(eve, { kid: "1" }))).status).toBe(401);
  });

  it("is checked by no more than sixteen", async () => {
    const others = (count: number) => Array.from({ length: count }, () => jwkOf(bob));
    publish([...others(15), jwkOf(ada)]);
    expect((await routes().as(await signedBy(ada))).status).toBe(200);
    publish([...others(16), jwkOf(ada)]);
    expect((await routes().as(await signedBy(ada))).status).toBe(401);
  });

  it("may pass by keys that are of no use: too short, or not to be read", async () => {
    publish([jwkOf(small), { kty: "RSA", n: "AQAB", e: "AQAB" }, { kty: "RSA" }, jwkOf(ada)]);
    expect((await routes().as(await signedBy(ada))).status).toBe(200);
  });

  it("has ended, or is another's, whichever of them it is signed by", async () => {
    publish([jwkOf(ada), jwkOf(bob)]);
    const { as, lines } = routes();
    const ended = await signedBy(bob, {}, { exp: Math.floor(Date.now() / 1_000) - 60 });
    expect((await as(ended)).status).toBe(401);
    expect(lines.filter(({ event }) => event === "auth.failed")).toEqual([]);
    expect((await as(await signedBy(bob, {}, { aud: "another" }))).status).toBe(401);
  });

  it("stands beside keys for other uses, as Keycloak and others publish them", async () => {
    const encryption = { use: "enc", alg: "RSA-OAEP", kid: "1" };
    const exotic = { kty: "EC", crv: "secp256k1", x: "AA", y: "AA", kid: "1" };
    publish([jwkOf(bob, encryption), exotic, { kty: "future", kid: "1" }, jwkOf(ada, { kid: "1", use: "sig" })]);
    expect((await routes().as(await signedBy(ada, { kid: "1" }))).status).toBe(200);
  });
});

describe("keys that were exchanged", () => {
  it.each([
    ["without a name", {}],
    ["under the old name", { kid: "1" }],
  ])("%s are asked for again, once in half a minute", async (_, name) => {
    publish([jwkOf(ada, name)]);
    const { as } = routes();
    expect((await as(await signedBy(ada, name))).status).toBe(200);
    publish([jwkOf(bob, name)]);
    const asked = issuer.requests.length;
    expect((await as(await signedBy(bob, name))).status).toBe(401);
    expect(issuer.requests).toHaveLength(asked);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 31_000 });
    expect((await as(await signedBy(bob, name))).status).toBe(200);
    for (let n = 0; n < 5; n++) expect((await as(await signedBy(ada, name))).status).toBe(401);
    expect(issuer.requests).toHaveLength(asked + 1);
  });
});

describe("a forgery", () => {
  it("is one while its issuer is away, too, which is asked once in five seconds", async () => {
    publish([jwkOf(ada)]);
    const { as } = routes();
    expect((await as(await signedBy(ada))).status).toBe(200);
    issuer.misbehave({ status: 500, body: "{}" });
    const asked = issuer.requests.length;
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 31_000 });
    for (let n = 0; n < 5; n++) expect((await as(await signedBy(eve))).status).toBe(401);
    expect(issuer.requests).toHaveLength(asked + 1);
    expect((await as(await signedBy(ada))).status).toBe(200);
  });
});

describe("a login that an issuer stands for and the settings do not", () => {
  it("says in the log what is different: a slash at the end", async () => {
    const scene = routes();
    expect((await scene.as(await issuer.sign({ iss: `${ISSUER}/` }))).status).toBe(401);
    expect(reasons(scene)).toEqual([
      `its issuer is another: found "${ISSUER}/", needed "${ISSUER}"; a slash at the end is part of the name`,
    ]);
    expect(issuer.requests).toEqual([]);
  });

  it("says so too where the configuration has the slash", async () => {
    issuer.configuration.issuer = `${ISSUER}/`;
    const scene = routes();
    expect((await scene.as(await issuer.sign())).status).toBe(503);
    const [undecided] = scene.lines.filter(({ event }) => event === "auth.undecided");
    expect(String(undecided?.fields.error)).toContain("a slash at the end is part of the name");
  });

  it("works with the slash where all have it", async () => {
    issuer.configuration.issuer = `${ISSUER}/`;
    const { as } = routes({ ...OIDC, ADMIN_OIDC_ISSUER: `${ISSUER}/` });
    expect((await as(await issuer.sign({ iss: `${ISSUER}/` }))).status).toBe(200);
  });

  it.each<[what: string, claims: object, header: object, reason: RegExp]>([
    ["another audience", { aud: "account" }, {}, /audience is another: found "account", needed "tidegate"/],
    ["several, and ours not among them", { aud: ["a", "b"] }, {}, /found \["a","b"\], needed "tidegate"/],
    ["none", { aud: undefined }, {}, /"aud" claim|audience is another: found nothing/],
    ["another issuer", { iss: "https://sts.windows.net/1/" }, {}, /found "https:\/\/sts.windows.net\/1\/", needed/],
    ["a key that is not published", {}, { kid: "gone" }, /no applicable key/],
    ["not yet valid", { nbf: Math.floor(Date.now() / 1_000) + 600 }, {}, /"nbf" claim/],
  ])("names the reason: %s", async (_, claims, header, reason) => {
    const scene = routes();
    expect((await scene.as(await issuer.sign({ ...claims }, header))).status).toBe(401);
    expect(reasons(scene)).toEqual([expect.stringMatching(reason)]);
  });

  it("shows no more of what others wrote than a line has room for", async () => {
    const scene = routes();
    await scene.as(await issuer.sign({ iss: `\u001b[31m${"x".repeat(5_000)}` }));
    expect(reasons(scene)[0]?.length).toBeLessThan(500);
    expect(reasons(scene)[0]).not.toContain("\u001b");
  });

  it("says so of other logins, too", async () => {
    const scene = guardedRoutes({ ADMIN_TOKENS: "ada:x7Qm2Vt9LbR4wKzD", CRON_SECRET: "yB5rW8kZq1TnXv6L" });
    await scene.as("wrong");
    await scene.as(await issuer.sign());
    await scene.as("wrong", "/internal/watchdog");
    expect(reasons(scene)).toEqual([
      "no such token",
      "no such token; JWTs need ADMIN_OIDC_ISSUER, which is not set",
      "not CRON_SECRET",
    ]);
  });
});

describe("what providers send", () => {
  it.each<[what: string, claims: object, header: object, status: number]>([
    ["an ID token without a type", {}, {}, 200],
    ["an ID token", {}, { typ: "JWT" }, 200],
    ["an access token of RFC 9068", {}, { typ: "at+jwt" }, 200],
    ["an access token of RFC 9068, written out", {}, { typ: "application/AT+JWT" }, 200],
    ["a logout token", {}, { typ: "logout+jwt" }, 401],
    [
      "a logout token without a type",
      { events: { "http://schemas.openid.net/event/backchannel-logout": {} } },
      {},
      401,
    ],
    ["a proof of possession", {}, { typ: "dpop+jwt" }, 401],
    ["a request object", {}, { typ: "application/oauth-authz-req+jwt" }, 401],
    ["a header that lists what it does not know", {}, { crit: ["future"], future: 1 }, 401],
    ["several audiences, as Keycloak", { aud: ["account", AUDIENCE], azp: "console" }, {}, 200],
    ["an end in milliseconds", { exp: Date.now() + 300_000 }, {}, 200],
    ["an end that is no date", { exp: 1e300 }, {}, 200],
    ["an end in the middle of a second", { exp: Date.now() / 1_000 + 300 }, {}, 200],
    ["an end as a text", { exp: String(Math.floor(Date.now() / 1_000) + 300) }, {}, 401],
  ])("is judged by what it is: %s", async (_, claims, header, status) => {
    publish([jwkOf(ada, { kid: "1" })]);
    const { as, app } = routes({ ...OIDC, SESSION_SECRET: "N4vR7yQ2kXb9WmZc5TgHs8JdLf3PpUe6AqYi0KoVx1tB" });
    const jwt = await signedBy(ada, { kid: "1", ...header }, claims);
    expect((await as(jwt)).status).toBe(status);
    // Also where its end is told, and where a browser is given a session until then.
    expect((await as(jwt, "/admin/api/session")).status).toBe(status);
    const headers = { "Content-Type": "application/json" };
    const init = { method: "POST", headers, body: JSON.stringify({ token: jwt }) };
    expect((await app.request("https://ops.example.com/admin/api/session", init)).status).toBe(status);
  });

  it("is not believed where its configuration is one for every tenant, as Entra's common one, and says which is needed", async () => {
    issuer.configuration.issuer = "https://login.microsoftonline.com/{tenantid}/v2.0";
    const scene = routes();
    expect((await scene.as(await issuer.sign())).status).toBe(503);
    const [undecided] = scene.lines.filter(({ event }) => event === "auth.undecided");
    expect(String(undecided?.fields.error)).toContain(
      'found "https://login.microsoftonline.com/{tenantid}/v2.0", needed',
    );
  });

  it("is read no further than it may be long", async () => {
    publish([jwkOf(ada)], { padding: "x".repeat(1_048_576) });
    const scene = routes();
    expect((await scene.as(await signedBy(ada))).status).toBe(503);
    const [undecided] = scene.lines.filter(({ event }) => event === "auth.undecided");
    expect(String(undecided?.fields.error)).toContain("more than 1048576 bytes");
  });
});
