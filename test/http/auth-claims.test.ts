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

describe("the name in a JWT", () => {
  it("has 256 characters at most", async () => {
    const { as } = routes();
    const longest = "a".repeat(256);
    expect(await (await as(await issuer.sign({ email: longest }))).json()).toMatchObject({ name: longest });
    expect((await as(await issuer.sign({ email: `${longest}a` }))).status).toBe(401);
  });

  it("is the first that says anything: e-mail, user name, service, subject", async () => {
    const { as } = routes();
    const nameOf = async (claims: Record<string, unknown>) =>
      (await (await as(await issuer.sign({ sub: "7", ...claims }))).json()).name;
    const all = { email: "a@example.com", preferred_username: "ada", common_name: "ci" };
    expect(await nameOf(all)).toBe("a@example.com");
    expect(await nameOf({ ...all, email: "" })).toBe("ada");
    expect(await nameOf({ ...all, email: 7, preferred_username: "" })).toBe("ci");
    expect(await nameOf({ ...all, email: "", preferred_username: null, common_name: "" })).toBe("7");
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
      expect(await check(jwt)).toMatchObject({ kind: "known", fingerprint: null, guessable: false });
      await manual.advance(3_600_000);
    }
    const configuration = "/.well-known/openid-configuration";
    expect(asked).toEqual([configuration, "/a", configuration, "/b", configuration, "/a"]);
  });
});
