/** JWTs of an issuer: by OIDC discovery, or of a Cloudflare Access team, whose key set has a fixed place. */
import type { JWTPayload } from "jose";
import type { Runtime } from "../../runtime.ts";
import { differenceOf } from "./difference.ts";
import { fingerprintOf } from "./digests.ts";
import { openDiscovery } from "./discovery.ts";
import { actorOf, type Identification, type Identity, unknown } from "./identity.ts";
import { type AskIssuer, openIssuer } from "./issuer.ts";
import { openSignatures } from "./signature.ts";

/** Signatures that only the issuer can make. Without `HS…`: whoever knows the public key would know the secret. */
const ALGORITHMS = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
];
const CLOCK_TOLERANCE_SECONDS = 30;
const LONGEST_NAME = 256;
/** The last moment that a date of JavaScript can be: an end in milliseconds instead of seconds is later. */
const LAST_MS = 8.64e15;
/**
 * What a header says whose JWT is for another use than logins (RFC 8725, 3.11): a logout token, say, is of the same issuer,
 * audience and person.
 */
const OTHER_USE = /^(?!(?:application\/)?at\+jwt$).*\+jwt$/i;

export interface Trusted {
  readonly issuer: string;
  readonly audience: string;
}

/** A fingerprint of the issuer and of what is its client here: what one has vouched for, another has not. */
export const trustOf = ({ issuer, audience }: Trusted): Promise<string> =>
  fingerprintOf(JSON.stringify([issuer, audience]));

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
  trusted: Trusted,
  runtime: Runtime,
  ask: AskIssuer,
  keySetAddress: () => Promise<string>,
): JwtCheck {
  const { issuer, audience } = trusted;
  const checkSignature = openSignatures(ask, keySetAddress);

  return async (jwt) => {
    // Loaded where somebody brings a JWT, and nowhere else.
    const jose = await import("./jose.ts");
    const { decodeJwt, decodeProtectedHeader, errors } = jose;
    try {
      // Before anybody is asked: what names another issuer costs no request.
      const { iss, events } = decodeJwt(jwt);
      const isOther = OTHER_USE.test(String(decodeProtectedHeader(jwt).typ));
      // Logout tokens and other security events need not say so there: OpenID Connect Back-Channel Logout 1.0, 2.4.
      if (isOther || events !== undefined) return unknown("it is no login, but a token for another use");
      if (iss !== issuer) return unknown(`its issuer is another: ${differenceOf(iss, issuer)}`);
      const payload = await checkSignature(jose, jwt, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        requiredClaims: ["exp"],
        currentDate: new Date(runtime.wallMs()),
      });
      const identity = identityOf(payload, issuer, kind);
      // Nobody guesses a signature.
      const more = { fingerprint: await trustOf(trusted), guessable: false, csrfToken: null };
      return identity ? { kind: "known", identity, ...more } : unknown("it names nobody");
    } catch (error) {
      // Claims are looked at once the signature is right.
      if (error instanceof errors.JWTExpired) return { kind: "expired" };
      if (!isWrong(error, errors)) return { kind: "undecided", cause: error };
      return unknown(reasonOf(error, audience, errors));
    }
  };
}

type Errors = typeof import("jose").errors;

/** The token is wrong, rather than what is needed to judge it. */
const isWrong = (error: unknown, errors: Errors): error is InstanceType<Errors["JOSEError"]> =>
  error instanceof errors.JOSEError &&
  !(error instanceof errors.JWKSInvalid || error instanceof errors.JWKSTimeout) &&
  error.code !== "ERR_JOSE_GENERIC";

function reasonOf(error: InstanceType<Errors["JOSEError"]>, audience: string, errors: Errors): string {
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === "aud") {
    return `its audience is another: ${differenceOf(error.payload.aud, audience)}`;
  }
  return error.message;
}

/**
 * The actor is whom the issuer means, by its own name for him: an address or a user name may be anybody's choice.
 * `common_name` is a service token's at Cloudflare Access, whose subject is empty.
 */
function identityOf(payload: JWTPayload, issuer: string, kind: "jwt" | "access"): Identity | null {
  const sub = textOf(payload.sub) ?? (kind === "access" ? textOf(payload.common_name) : null);
  if (sub === null || payload.exp === undefined) return null;
  const email = textOf(payload.email);
  const displayName = email ?? textOf(payload.preferred_username);
  // Access hands on what its identity provider has verified, and says nothing else of it.
  const isNameVerified = email !== null && (kind === "access" || payload.email_verified === true);
  const subject = { issuer, sub, displayName, isNameVerified };
  return { name: actorOf(subject), right: "admin", kind, subject, expiresAtMs: Math.min(payload.exp * 1_000, LAST_MS) };
}

const textOf = (claim: unknown): string | null =>
  typeof claim === "string" && claim !== "" && claim.length <= LONGEST_NAME ? claim : null;
