/** `/admin/api/session`: signing in to the console with a token, and out of it. */
import { type Context, Hono } from "hono";
import { deleteCookie, setCookie } from "hono/cookie";
import * as v from "valibot";
import type { SessionPayload, SignedOut } from "../../contract/session.ts";
import { isLoopback } from "../../loopback.ts";
import type { Runtime } from "../../runtime.ts";
import type { Auth } from "../auth/auth.ts";
import { SESSION_COOKIE } from "../auth/credential.ts";
import type { IdentifiedEnv } from "../auth/identity.ts";
import { checkJson, checkOrigin } from "../auth/mutation.ts";
import { success } from "../envelope.ts";
import { ProblemError } from "../problem.ts";
import { validate } from "../validate.ts";

const PATH = "/admin/api/session";
const LIFETIME_MS = 8 * 3_600_000;
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
      const { identity, fingerprint } = await auth.admin(c, { kind: "bearer", text: c.req.valid("json").token });
      if (!auth.sessions) {
        throw new ProblemError("FORBIDDEN", "In production, signing in needs SESSION_SECRET, which is not set.");
      }
      const now = runtime.wallMs();
      const expiresAtMs = Math.min(now + LIFETIME_MS, identity.expiresAtMs ?? Number.POSITIVE_INFINITY);
      const session = { id: runtime.uuid(), name: identity.name, fingerprint, expiresAtMs };
      const maxAge = Math.max(1, Math.floor((expiresAtMs - now) / 1_000));
      setCookie(c, SESSION_COOKIE, await auth.sessions.seal(session), { ...attributes(c), maxAge });
      const csrfToken = await auth.sessions.csrfToken(session);
      return told(c, { name: identity.name, kind: "session", expiresAtMs, csrfToken });
    })
    .get(PATH, auth.requireAdmin(), (c) => told(c, { ...c.var.identity, csrfToken: c.var.csrfToken }))
    .delete(PATH, auth.requireAdmin(), (c) => {
      deleteCookie(c, SESSION_COOKIE, attributes(c));
      c.header("Cache-Control", "no-store");
      return success(c, { signed_out: true } satisfies SignedOut);
    });
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
  return { httpOnly: true, sameSite: "Strict", secure, path: "/admin" } as const;
}
