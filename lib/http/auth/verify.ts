/** Judges a credential by everything that the settings trust. */
import type { Config } from "../../config/types.ts";
import type { Runtime } from "../../runtime.ts";
import type { Credential } from "./credential.ts";
import { type Identification, unknown } from "./identity.ts";
import { openCloudflareAccess, openOidc, trustOf } from "./jwt.ts";
import { isCurrent, type Sessions } from "./sessions.ts";
import type { Tokens } from "./tokens.ts";

/** Three parts of base64url, of which the last is a signature. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

export interface VerifyOptions {
  readonly access: Config["access"];
  readonly tokens: Tokens;
  /** Null where there can be no sessions. */
  readonly sessions: Sessions | null;
  readonly runtime: Runtime;
}

export function createVerify({
  access,
  tokens,
  sessions,
  runtime,
}: VerifyOptions): (credential: Credential) => Promise<Identification> {
  const oidc = access.oidc && openOidc(access.oidc, runtime);
  const cloudflare = access.cloudflareAccess && openCloudflareAccess(access.cloudflareAccess, runtime);

  async function bearer(text: string): Promise<Identification> {
    const token = await tokens.find(text);
    if (token) return { kind: "known", csrfToken: null, ...token };
    if (!JWT.test(text)) return unknown("no such token");
    return oidc ? oidc(text) : unknown("no such token; JWTs need ADMIN_OIDC_ISSUER, which is not set");
  }
  async function session(text: string): Promise<Identification> {
    const opened = await sessions?.open(text);
    if (!opened || !sessions) return unknown("not signed with SESSION_SECRET");
    if (opened === "outdated") return { kind: "expired" };
    const { name, subject, fingerprint, expiresAtMs } = opened;
    // It ends with the token that it was begun with, or with the trust in who has vouched for it.
    const trusted = access.oidc && (await trustOf(access.oidc));
    const stands = subject === null ? await tokens.stands(name, fingerprint) : fingerprint === trusted;
    if (!stands || !isCurrent(opened, runtime.wallMs())) return { kind: "expired" };
    const identity = { name, subject, right: "admin", kind: "session", expiresAtMs } as const;
    return { kind: "known", identity, fingerprint, guessable: false, csrfToken: await sessions.csrfToken(opened) };
  }
  return async ({ kind, text }) => {
    if (kind === "bearer") return bearer(text);
    if (kind === "session") return session(text);
    if (!cloudflare) return unknown("Cloudflare Access needs CF_ACCESS_TEAM_DOMAIN, which is not set");
    return JWT.test(text) ? cloudflare(text) : unknown("no JWT");
  };
}
