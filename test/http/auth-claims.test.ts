import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openOidc } from "../../lib/http/auth/jwt.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { guardedRoutes } from "../support/guarded-routes.ts";
import { AUDIENCE, ISSUER, type Issuer, startIssuer } from "../support/issuer.ts";

const OIDC = { ADMIN_OIDC_ISSUER: ISSUER, ADMIN_OIDC_AUDIENCE: AUDIENCE };

let issuer: Issuer;
beforeEach(async () => {
  issuer = await startIssuer();
});
afterEach(() => issuer.close());

const routes = () => guardedRoutes(OIDC, issuer.runtime);

describe("who a JWT is of", () => {
  const who = async (claims: Record<string, unknown>) => (await routes().as(await issuer.sign(claims))).json();

  it("is its issuer's subject, whatever it says of names", async () => {
    const actor = { name: `${ISSUER}#7`, kind: "jwt" };
    for (const claims of [
      { email: "root@example.com", email_verified: false },
      { email: "root@example.com", email_verified: true },
      { email: undefined, preferred_username: "root" },
      { email: undefined, common_name: "root" },
    ]) {
      expect(await who({ sub: "7", ...claims })).toMatchObject({ ...actor, subject: { issuer: ISSUER, sub: "7" } });
    }
  });

  it("has a name for display, which is verified only where the issuer says so", async () => {
    const shown = async (claims: Record<string, unknown>) => {
      const { displayName, isNameVerified } = (await who(claims)).subject;
      return [displayName, isNameVerified];
    };
    const email = "a@example.com";
    expect(await shown({ email, email_verified: true })).toEqual([email, true]);
    expect(await shown({ email, email_verified: false })).toEqual([email, false]);
    expect(await shown({ email, email_verified: "true" })).toEqual([email, false]);
    expect(await shown({ email })).toEqual([email, false]);
    const username = { preferred_username: "ada", email_verified: true };
    expect(await shown({ email: "", ...username })).toEqual(["ada", false]);
    expect(await shown({ email: 7, ...username, preferred_username: "" })).toEqual([null, false]);
    expect(await shown({ email: "a".repeat(257) })).toEqual([null, false]);
  });

  it("is nobody without a subject, or with one of more than 256 characters", async () => {
    const { as } = routes();
    expect((await as(await issuer.sign({ sub: "a".repeat(256) }))).status).toBe(200);
    for (const sub of [undefined, "", "a".repeat(257)]) {
      expect((await as(await issuer.sign({ sub, common_name: "ci" }))).status).toBe(401);
    }
  });
});

describe("a set of keys", () => {
  /** The one answer at all addresses is a configuration as well as the keys. */
  const misbehave = (keys: unknown) =>
    issuer.misbehave({ status: 200, body: JSON.stringify({ issuer: ISSUER, jwks_uri: `${ISSUER}/keys`, keys }) });

  it("that jose cannot read is the issuer's fault", async () => {
    misbehave([7]);
    expect((await routes().as(await issuer.sign())).status).toBe(503);
  });

  it("that is no list is the issuer's fault, which is then left alone", async () => {
    const { as } = routes();
    misbehave("none");
    for (let n = 0; n < 3; n++) expect((await as(await issuer.sign())).status).toBe(503);
    expect(issuer.requests).toHaveLength(2);
  });

  it("of more than a hundred keys is read by nobody", async () => {
    misbehave(Array.from({ length: 101 }, () => ({ kty: "RSA", n: "AQAB", e: "AQAB" })));
    const scene = routes();
    expect((await scene.as(await issuer.sign())).status).toBe(503);
    const [undecided] = scene.lines.filter(({ event }) => event === "auth.undecided");
    expect(String(undecided?.fields.error)).toContain("at most 100 keys, not 101");
  });

  it("that moved is read at its new place, and read again when it is back at the old one", async () => {
    const manual = manualRuntime();
    const { publicKey, privateKey } = await generateKeyPair("RS256");
    const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: "one", alg: "RS256", use: "sig" }] };
    const asked: string[] = [];
    let place = "a";
    const fetch: typeof globalThis.fetch = async (input) => {
      const address = String(input);
      asked.push(address.slice(ISSUER.length));
      return Response.json(address.includes(".well-known") ? { issuer: ISSUER, jwks_uri: `${ISSUER}/${place}` } : keys);
    };
    const check = openOidc({ issuer: ISSUER, audience: AUDIENCE }, { ...manual, fetch });
    for (place of ["a", "b", "a"]) {
      const claims = { iss: ISSUER, aud: AUDIENCE, sub: "7", exp: Math.floor(manual.wallMs() / 1_000) + 300 };
      const jwt = await new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: "one" }).sign(privateKey);
      expect(await check(jwt)).toMatchObject({ kind: "known", fingerprint: expect.any(String), guessable: false });
      await manual.advance(3_600_000);
    }
    const configuration = "/.well-known/openid-configuration";
    expect(asked).toEqual([configuration, "/a", configuration, "/b", configuration, "/a"]);
  });
});
