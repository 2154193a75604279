/** Whether a JWT is its issuer's: by the keys that the issuer publishes, of which several may fit one JWT. */
import type { createRemoteJWKSet, JWTPayload, JWTVerifyOptions } from "jose";
import type { AskIssuer } from "./issuer.ts";

type Jose = typeof import("./jose.ts");
type KeySet = ReturnType<typeof createRemoteJWKSet>;

/** Issuers with a key for each of their applications have some dozens. */
const MOST_KEYS = 100;
/** Keys that are tried for one JWT, which may name none: each costs a check of its signature. */
const MOST_CANDIDATES = 16;

/** @throws What jose throws where it is not; `IssuerAway` where nobody can tell. */
export type CheckSignature = (jose: Jose, jwt: string, options: JWTVerifyOptions) => Promise<JWTPayload>;

export function openSignatures(ask: AskIssuer, keySetAddress: () => Promise<string>): CheckSignature {
  let held: { readonly url: string; readonly keys: KeySet } | undefined;

  /** Knows when to look for keys again, and does so at most once in 30 s. */
  async function keysOf({ createRemoteJWKSet, customFetch }: Jose): Promise<KeySet> {
    const url = await keySetAddress();
    if (held?.url === url) return held.keys;
    const options = { [customFetch]: async (to: string) => Response.json(await ask(to, keySetOf)) };
    held = { url, keys: createRemoteJWKSet(new URL(url), options) };
    return held.keys;
  }
  async function verified(jose: Jose, jwt: string, options: JWTVerifyOptions): Promise<JWTPayload> {
    try {
      // Asked for keys only once the header is of an algorithm that may be.
      const { payload } = await jose.jwtVerify(
        jwt,
        async (header, input) => (await keysOf(jose))(header, input),
        options,
      );
      return payload;
    } catch (error) {
      if (!(error instanceof jose.errors.JWKSMultipleMatchingKeys)) throw error;
      return byAnyOf(error, jose, jwt, options);
    }
  }
  return async (jose, jwt, options) => {
    try {
      return await verified(jose, jwt, options);
    } catch (error) {
      const keys = held?.keys;
      // Without names, or with one name for all, keys that were exchanged look like a forgery.
      if (!(error instanceof jose.errors.JWSSignatureVerificationFailed) || !keys || keys.coolingDown) throw error;
      // While the issuer is away, a forgery stays one.
      await keys.reload().catch(() => {
        throw error;
      });
      return verified(jose, jwt, options);
    }
  };
}

/** RFC 7517, 4.5: keys need no name, nor one of their own. What is wrong beside the signature is wrong by every key. */
async function byAnyOf(
  candidates: InstanceType<Jose["errors"]["JWKSMultipleMatchingKeys"]>,
  { errors, jwtVerify }: Jose,
  jwt: string,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  let tried = 0;
  for await (const key of candidates) {
    if (++tried > MOST_CANDIDATES) break;
    try {
      return (await jwtVerify(jwt, key, options)).payload;
    } catch (error) {
      // A key that is too short for its algorithm, say, stands in no other's way.
      const isOfThisKey =
        error instanceof errors.JWSSignatureVerificationFailed || !(error instanceof errors.JOSEError);
      if (!isOfThisKey) throw error;
    }
  }
  throw new errors.JWSSignatureVerificationFailed();
}

/** RFC 7517, section 5; jose judges the keys. */
function keySetOf(document: unknown): object {
  const { keys } = (document ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys)) throw new TypeError("a set of keys");
  if (keys.length > MOST_KEYS) throw new TypeError(`a set of at most ${MOST_KEYS} keys, not ${keys.length}`);
  return { keys };
}
