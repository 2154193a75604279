/** JWTs of an issuer: by OIDC discovery, or of a Cloudflare Access team, whose key set has a fixed place. */
import type { JWTPayload, JWTVerifyGetKey } from "jose";
import type { Runtime } from "../../runtime.ts";
import { openDiscovery } from "./discovery.ts";
import { type Identification, type Identity, UNKNOWN } from "./identity.ts";
import { type AskIssuer, openIssuer } from "./issuer.ts";

/** Signatures that only the issuer can make. Without `HS…`: whoever knows the public key would know the secret. */
const ALGORITHMS = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
];
const CLOCK_TOLERANCE_SECONDS = 30;
const LONGEST_NAME = 256;

export interface Trusted {
  readonly issuer: string;
  readonly audience: string;
}

export type JwtCheck = (jwt: string) => Promise<Identification>;

export function openOidc(trusted: Trusted, runtime: Runtime): JwtCheck {
  const ask = openIssuer(runtime);
  return check("jwt", trusted, runtime, ask, openDiscovery(trusted.issuer, ask, runtime));
}

/** https://developers.cloudflare.com/cloudflare-one/access-controls/applications/http-apps/authorization-cookie/validating-json/ */
export function openCloudflareAccess(trusted: Trusted, runtime: Runtime): JwtCheck {
  const keys = `${trusted.issuer}/cdn-cgi/access/certs`;
  return check("access", trusted, runtime, openIssuer(runtime), async () => keys);
}

function check(
  kind: "jwt" | "access",
  { issuer, audience }: Trusted,
  runtime: Runtime,
  ask: AskIssuer,
  keySetAddress: () => Promise<string>,
): JwtCheck {
  const keysAt = new Map<string, JWTVerifyGetKey>();

  return async (jwt) => {
    // Loaded where somebody brings a JWT, and nowhere else.
    const { createRemoteJWKSet, customFetch, decodeJwt, errors, jwtVerify } = await import("./jose.ts");
    /** The token is wrong, rather than what is needed to judge it. */
    const isWrong = (error: unknown) =>
      error instanceof errors.JOSEError &&
      !(error instanceof errors.JWKSInvalid || error instanceof errors.JWKSTimeout) &&
      error.code !== "ERR_JOSE_GENERIC";

    /** Knows when to look for keys again, and does so at most once in 30 s. */
    const keysOf = (url: string): JWTVerifyGetKey => {
      const options = { [customFetch]: async (to: string) => Response.json(await ask(to, keySetOf)) };
      const keys = keysAt.get(url) ?? createRemoteJWKSet(new URL(url), options);
      keysAt.clear();
      keysAt.set(url, keys);
      return keys;
    };
    try {
      // Before anybody is asked: what names another issuer costs no request.
      if (decodeJwt(jwt).iss !== issuer) return UNKNOWN;
      const { payload } = await jwtVerify(
        jwt,
        (header, input) => keySetAddress().then((url) => keysOf(url)(header, input)),
        {
          issuer,
          audience,
          algorithms: ALGORITHMS,
          clockTolerance: CLOCK_TOLERANCE_SECONDS,
          requiredClaims: ["exp"],
          currentDate: new Date(runtime.wallMs()),
        },
      );
      const identity = identityOf(payload, kind);
      // Nobody guesses a signature.
      const more = { fingerprint: null, guessable: false, csrfToken: null };
      return identity ? { kind: "known", identity, ...more } : UNKNOWN;
    } catch (error) {
      // Claims are looked at once the signature is right.
      if (error instanceof errors.JWTExpired) return { kind: "expired" };
      return isWrong(error) ? UNKNOWN : { kind: "undecided", cause: error };
    }
  };
}

/** RFC 7517, section 5; jose judges the keys. */
function keySetOf(document: unknown): object {
  const { keys } = (document ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys)) throw new TypeError("a set of keys");
  return { keys };
}

/** `common_name` is a service token's at Cloudflare Access, whose subject is empty. */
function identityOf(payload: JWTPayload, kind: "jwt" | "access"): Identity | null {
  const { email, preferred_username: username, common_name: service, sub } = payload;
  const name = [email, username, service, sub].find((one) => typeof one === "string" && one !== "");
  if (typeof name !== "string" || name.length > LONGEST_NAME || payload.exp === undefined) return null;
  return { name, right: "admin", kind, expiresAtMs: payload.exp * 1_000 };
}
