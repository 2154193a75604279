/** `/admin/api/session`: signing in to the console with a token, and out of it. */
import { type Context, Hono } from "hono";
import { deleteCookie, setCookie } from "hono/cookie";
import * as v from "valibot";
import type { SessionPayload, SignedOut } from "../../contract/session.ts";
import { isLoopback } from "../../loopback.ts";
import type { Runtime } from "../../runtime.ts";
import type { Auth } from "../auth/auth.ts";
import { sessionCookie } from "../auth/credential.ts";
import type { IdentifiedEnv } from "../auth/identity.ts";
import { checkJson, checkOrigin } from "../auth/mutation.ts";
import { SESSION_LIFETIME_MS } from "../auth/sessions.ts";
import { success } from "../envelope.ts";
import { mountOf } from "../own.ts";
import { ProblemError } from "../problem.ts";
import { validate } from "../validate.ts";

const PATH = "/admin/api/session";
const LONGEST_TOKEN = 16_384;

const signInBody = v.strictObject({
  token: v.pipe(v.string("a token"), v.regex(/^[\x21-\x7e]+$/, "a token"), v.maxLength(LONGEST_TOKEN, "a token")),
});

export function sessionRoutes(auth: Auth, runtime: Runtime): Hono<IdentifiedEnv> {
  const checkSender = (c: Context, next: () => Promise<void>) => {
    // Another site could sign somebody in as somebody else.
    checkOrigin(c, auth.hostOf(c), false);
    checkJson(c);
    return next();
  };
  return new Hono<IdentifiedEnv>()
    .post(PATH, checkSender, validate("json", signInBody), async (c) => {
      checkKept(c);
      const { identity, fingerprint } = await auth.admin(c, { kind: "bearer", text: c.req.valid("json").token });
      if (!auth.sessions) {
        throw new ProblemError("FORBIDDEN", "In production, signing in needs SESSION_SECRET, which is not set.");
      }
      const openedAtMs = runtime.wallMs();
      const expiresAtMs = Math.min(openedAtMs + SESSION_LIFETIME_MS, identity.expiresAtMs ?? Number.POSITIVE_INFINITY);
      const { name, subject } = identity;
      const session = { id: runtime.uuid(), name, subject, fingerprint, openedAtMs, expiresAtMs };
      const maxAge = Math.max(1, Math.floor((expiresAtMs - openedAtMs) / 1_000));
      setCookie(c, sessionCookie(auth.hostOf(c)), await auth.sessions.seal(session), { ...attributes(c), maxAge });
      const csrfToken = await auth.sessions.csrfToken(session);
      return told(c, { name: identity.name, kind: "session", expiresAtMs, csrfToken });
    })
    .get(PATH, auth.requireAdmin(), (c) => told(c, { ...c.var.identity, csrfToken: c.var.csrfToken }))
    .delete(PATH, auth.requireAdmin(), (c) => {
      deleteCookie(c, sessionCookie(auth.hostOf(c)), attributes(c));
      c.header("Cache-Control", "no-store");
      return success(c, { signed_out: true } satisfies SignedOut);
    });
}

/**
 * A page over http:// would be given a login that its browser drops, and show the way in again without a word.
 *
 * @throws ProblemError `FORBIDDEN`
 */
function checkKept(c: Context): void {
  const origin = c.req.header("origin") ?? "";
  if (!URL.canParse(origin)) return;
  const { protocol, hostname } = new URL(origin);
  if (protocol !== "http:" || isLoopback(hostname)) return;
  throw new ProblemError("FORBIDDEN", "Signing in needs https://: browsers keep this login on no page over http://.");
}

interface Told {
  readonly name: string;
  readonly kind: SessionPayload["kind"];
  readonly expiresAtMs: number | null;
  readonly csrfToken: string | null;
}

function told(c: Context<IdentifiedEnv>, { name, kind, expiresAtMs, csrfToken }: Told): Response {
  c.header("Cache-Control", "no-store");
  const expiresAt = expiresAtMs === null ? null : new Date(expiresAtMs).toISOString();
  const payload: SessionPayload = { name, kind, expires_at: expiresAt, csrf_token: csrfToken };
  return success(c, payload);
}

/** `Secure` but for a browser on the same machine, which could not send it back. */
function attributes(c: Context) {
  const { protocol, hostname } = new URL(c.req.url);
  const secure = protocol === "https:" || !isLoopback(hostname);
  return { httpOnly: true, sameSite: "Strict", secure, path: consolePath(c) } as const;
}

/** As its browser knows it: a proxy in front may have taken a prefix off, which only the page that asks still has. */
function consolePath(c: Context): string {
  const here = `${mountOf(c)}/admin`;
  const referer = c.req.header("referer") ?? "";
  const page = URL.canParse(referer) ? new URL(referer).pathname.replace(/\/+$/, "") : "";
  return page.endsWith(here) && !page.includes(";") ? page : here;
}
