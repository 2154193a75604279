/** Judges a credential by everything that the settings trust. */
import type { Config } from "../../config/types.ts";
import type { Runtime } from "../../runtime.ts";
import type { Credential } from "./credential.ts";
import { type Identification, UNKNOWN } from "./identity.ts";
import { openCloudflareAccess, openOidc } from "./jwt.ts";
import type { Sessions } from "./sessions.ts";
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
    return oidc && JWT.test(text) ? oidc(text) : UNKNOWN;
  }
  async function session(text: string): Promise<Identification> {
    const opened = await sessions?.open(text);
    if (!opened || !sessions) return UNKNOWN;
    const { name, fingerprint, expiresAtMs } = opened;
    // It ends with the token that it was begun with.
    const stands = fingerprint === null ? oidc !== null : await tokens.stands(name, fingerprint);
    if (!stands || expiresAtMs <= runtime.wallMs()) return { kind: "expired" };
    const identity = { name, right: "admin", kind: "session", expiresAtMs } as const;
    return { kind: "known", identity, fingerprint, guessable: false, csrfToken: await sessions.csrfToken(opened) };
  }
  return async ({ kind, text }) => {
    if (kind === "bearer") return bearer(text);
    if (kind === "session") return session(text);
    return cloudflare && JWT.test(text) ? cloudflare(text) : UNKNOWN;
  };
}
