/** Sessions of the console: signed texts in a cookie. No instance remembers them, and each knows them by the secret. */
import * as v from "valibot";
import { sameText } from "./digests.ts";
import type { Subject } from "./identity.ts";

/** RFC 4648, section 5. */
const toBase64Url = (bytes: Uint8Array<ArrayBuffer>): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
const fromBase64Url = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));

export interface Session {
  readonly id: string;
  /** Of whoever signed in. */
  readonly name: string;
  readonly subject: Subject | null;
  /** Of the token that was shown; for a JWT, of what was trusted then: the issuer, and the audience there. */
  readonly fingerprint: string;
  /** Wall clock. */
  readonly openedAtMs: number;
  /** Wall clock; never later than {@link SESSION_LIFETIME_MS} behind {@link openedAtMs}, and nothing moves it. */
  readonly expiresAtMs: number;
}

export const SESSION_LIFETIME_MS = 8 * 3_600_000;
/** By which the clocks of two instances may differ. */
const SKEW_MS = 60_000;

/** Between its two ends: a clock that was wrong when it was opened makes it last no longer. */
export const isCurrent = ({ openedAtMs, expiresAtMs }: Session, nowMs: number): boolean =>
  openedAtMs <= nowMs + SKEW_MS && nowMs < Math.min(expiresAtMs, openedAtMs + SESSION_LIFETIME_MS);

export interface Sessions {
  seal(session: Session): Promise<string>;
  /** Null for what this secret has not signed, `outdated` for another version's. Expired ones are not told apart here. */
  open(text: string): Promise<Session | "outdated" | null>;
  csrfToken(session: Session): Promise<string>;
}

const SHAPE: v.GenericSchema<unknown, Session> = v.strictObject({
  id: v.string(),
  name: v.string(),
  subject: v.nullable(
    v.strictObject({
      issuer: v.string(),
      sub: v.string(),
      displayName: v.nullable(v.string()),
      isNameVerified: v.boolean(),
    }),
  ),
  fingerprint: v.string(),
  openedAtMs: v.number(),
  expiresAtMs: v.number(),
});
/** In front of what is signed, so that what was signed for one end serves no other. */
const PURPOSE = { session: "tidegate session 1", csrf: "tidegate csrf 1" } as const;

/** @param secret asked for when it is first needed, since a start may make one of its own. */
export function openSessions(secret: () => string): Sessions {
  const encoder = new TextEncoder();
  let imported: Promise<CryptoKey> | undefined;
  const sign = async (purpose: keyof typeof PURPOSE, text: string): Promise<string> => {
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    imported ??= crypto.subtle.importKey("raw", encoder.encode(secret()), algorithm, false, ["sign"]);
    const signature = await crypto.subtle.sign("HMAC", await imported, encoder.encode(`${PURPOSE[purpose]}\n${text}`));
    return toBase64Url(new Uint8Array(signature));
  };
  return {
    seal: async (session) => {
      const payload = toBase64Url(encoder.encode(JSON.stringify(session)));
      return `${payload}.${await sign("session", payload)}`;
    },
    open: async (text) => {
      const [payload = "", signature = "", ...more] = text.split(".");
      if (more.length > 0 || !(await sameText(signature, await sign("session", payload)))) return null;
      // Signed, and so written by us; perhaps by another version of us.
      const session = v.safeParse(SHAPE, JSON.parse(new TextDecoder().decode(fromBase64Url(payload))));
      return session.success ? session.output : "outdated";
    },
    csrfToken: ({ id }) => sign("csrf", id),
  };
}
