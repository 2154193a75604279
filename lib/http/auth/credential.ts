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

/** Cookies of that name that are looked at: other hosts of the domain can put some in front of ours. */
const MOST_SESSIONS = 4;
/** Issuers fill JWTs with groups; beyond this no server takes the header. */
const LONGEST_CREDENTIAL = 16_384;
/** RFC 6750, but with all characters that a token may have here. */
const BEARER = /^Bearer +([\x21-\x7e]+) *$/i;

/** What was brought on purpose counts alone; else what a browser sends along, of which one may have grown old. */
export function credentialsOf(c: Context): readonly Credential[] {
  const bearer = BEARER.exec(c.req.header("authorization") ?? "")?.[1];
  const found: readonly (readonly [Credential["kind"], string | undefined])[] =
    bearer === undefined
      ? [
          ...sessionsIn(c.req.header("cookie") ?? "").map((text) => ["session", text] as const),
          ["access", c.req.header("cf-access-jwt-assertion")],
        ]
      : [["bearer", bearer]];
  return found.flatMap(([kind, text]) => (text && text.length <= LONGEST_CREDENTIAL ? { kind, text } : []));
}

function sessionsIn(cookies: string): readonly string[] {
  const pairs = cookies.split(";").map((pair) => pair.trim());
  const ours = pairs.filter((pair) => pair.startsWith(`${SESSION_COOKIE}=`));
  return ours.slice(0, MOST_SESSIONS).map((pair) => pair.slice(SESSION_COOKIE.length + 1));
}
