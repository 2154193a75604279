/** What a request brings to show who it is from. Nothing here is believed yet. */
import type { Context } from "hono";

export type Credential =
  /** Brought on purpose: a named token or a JWT. */
  | { readonly kind: "bearer"; readonly text: string }
  /** Sent along by the browser, whoever made it ask. */
  | { readonly kind: "session"; readonly text: string }
  /** Put there by Cloudflare Access, for the browser's cookie or a service token. */
  | { readonly kind: "access"; readonly text: string };

export const SESSION_COOKIE = "tidegate_session";

/**
 * The cookie of a console's session. Browsers keep those of all ports of a host together (RFC 6265, 8.5), so that consoles
 * at two of them would sign each other out, and each send the other what it has to take for a forgery.
 *
 * @param host As callers name it.
 */
export function sessionCookie(host: string): string {
  const port = /:(?!(?:80|443)$)(\d+)$/.exec(host)?.[1];
  return port === undefined ? SESSION_COOKIE : `${SESSION_COOKIE}_${port}`;
}

/** Cookies of that name that are looked at: other hosts of the domain can put some in front of ours. */
const MOST_SESSIONS = 4;
/** Issuers fill JWTs with groups; beyond this no server takes the header. */
const LONGEST_CREDENTIAL = 16_384;
/** RFC 6750, but with all characters that a token may have here. */
const BEARER = /^Bearer +([\x21-\x7e]+) *$/i;

/**
 * What was brought on purpose counts alone; else what a browser sends along, of which one may have grown old.
 *
 * @param cookie The name of a session's.
 */
export function credentialsOf(c: Context, cookie: string): readonly Credential[] {
  const bearer = BEARER.exec(c.req.header("authorization") ?? "")?.[1];
  const found: readonly (readonly [Credential["kind"], string | undefined])[] =
    bearer === undefined
      ? [
          ...valuesOf(cookie, c.req.header("cookie") ?? "").map((text) => ["session", text] as const),
          ["access", c.req.header("cf-access-jwt-assertion")],
        ]
      : [["bearer", bearer]];
  return found.flatMap(([kind, text]) => (text && text.length <= LONGEST_CREDENTIAL ? { kind, text } : []));
}

function valuesOf(cookie: string, cookies: string): readonly string[] {
  const pairs = cookies.split(";").map((pair) => pair.trim());
  const ours = pairs.filter((pair) => pair.startsWith(`${cookie}=`));
  return ours.slice(0, MOST_SESSIONS).map((pair) => pair.slice(cookie.length + 1));
}
