/** Judges a credential by everything that the settings trust. */
import type { Config } from "../../config/types.ts";
import type { Runtime } from "../../runtime.ts";
import type { Credential } from "./credential.ts";
import { UNKNOWN, type Verdict } from "./identity.ts";
import { openCloudflareAccess, openOidc } from "./jwt.ts";
import type { Tokens } from "./tokens.ts";

/** Three parts of base64url, of which the last is a signature. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

export function createVerify(
  access: Config["access"],
  tokens: Tokens,
  runtime: Runtime,
): (credential: Credential) => Promise<Verdict> {
  const oidc = access.oidc && openOidc(access.oidc, runtime);
  const cloudflare = access.cloudflareAccess && openCloudflareAccess(access.cloudflareAccess, runtime);
  return async ({ kind, text }) => {
    if (kind === "access") return cloudflare && JWT.test(text) ? cloudflare(text) : UNKNOWN;
    if (kind === "session") return UNKNOWN;
    const token = await tokens.find(text);
    if (token) return { kind: "known", identity: token.identity };
    return oidc && JWT.test(text) ? oidc(text) : UNKNOWN;
  };
}
