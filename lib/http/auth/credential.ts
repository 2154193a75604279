/** What a request brings to show who it is from. Nothing here is believed yet. */
import type { Context } from "hono";
import { getCookie } from "hono/cookie";

export type Credential =
  /** Brought on purpose: a named token or a JWT. */
  | { readonly kind: "bearer"; readonly text: string }
  /** Sent along by the browser, whoever made it ask. */
  | { readonly kind: "session"; readonly text: string }
  /** Put there by Cloudflare Access, for the browser's cookie or a service token. */
  | { readonly kind: "access"; readonly text: string };

export const SESSION_COOKIE = "tidegate_session";

/** Issuers fill JWTs with groups; beyond this no server takes the header. */
const LONGEST_CREDENTIAL = 16_384;
/** RFC 6750, but with all characters that a token may have here. */
const BEARER = /^Bearer +([\x21-\x7e]+) *$/i;

/** The one that counts: what was brought on purpose before what a browser sends along. */
export function credentialOf(c: Context): Credential | null {
  const bearer = BEARER.exec(c.req.header("authorization") ?? "")?.[1];
  if (bearer !== undefined) return bounded({ kind: "bearer", text: bearer });
  const session = getCookie(c, SESSION_COOKIE);
  if (session !== undefined) return bounded({ kind: "session", text: session });
  const assertion = c.req.header("cf-access-jwt-assertion");
  return assertion ? bounded({ kind: "access", text: assertion }) : null;
}

const bounded = (credential: Credential): Credential | null =>
  credential.text.length <= LONGEST_CREDENTIAL ? credential : null;
