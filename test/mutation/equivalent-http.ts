/** Of `lib/http`. */
import { type Equivalent, same } from "./equivalent-row.ts";

export const EQUIVALENT_IN_HTTP: readonly Equivalent[] = [
  ...same(
    "lib/http/address/forwarded.ts",
    "for (let at = end - 1; at >= start && elements.length < MOST_HOPS; at--) {",
    "there is nothing behind the end, and nothing is no comma",
    ["1", "0"],
    ["end - 1", "(end) + (1)"],
  ),
  ...same("lib/http/address/ip.ts", "const LONGEST = 45;", "nothing longer is an address; it is told sooner", [
    "45",
    "450",
  ]),
  ...same(
    "lib/http/address/ip.ts",
    "if (address.length > LONGEST) return null;",
    "nothing longer is an address; it is told sooner",
    ["address.length > LONGEST", "false"],
  ),
  ...same(
    "lib/http/auth/digests.ts",
    "for (const [at, byte] of one.entries()) difference |= byte ^ (other[at] ?? 0);",
    "where the lengths differ, that is a difference already",
    ["0", "1"],
  ),
  ...same(
    "lib/http/auth/jwt.ts",
    'if (typeof name !== "string" || name.length > LONGEST_NAME || payload.exp === undefined) return null;',
    "jose has refused a token without an end; the types do not know",
    [
      'typeof name !== "string" || name.length > LONGEST_NAME || payload.exp === undefined',
      'typeof name !== "string" || name.length > LONGEST_NAME',
    ],
  ),
  ...same(
    "lib/http/auth/jwt.ts",
    "!(error instanceof errors.JWKSInvalid || error instanceof errors.JWKSTimeout) &&",
    "our fetch has a deadline of its own and never throws what jose calls a timeout",
    [
      "error instanceof errors.JWKSInvalid || error instanceof errors.JWKSTimeout",
      "error instanceof errors.JWKSInvalid",
    ],
  ),
  ...same(
    "lib/http/auth/jwt.ts",
    "error instanceof errors.JOSEError &&",
    "jose is general about answers alone, of which our fetch lets none but good ones through",
    [
      `error instanceof errors.JOSEError &&
      !(error instanceof errors.JWKSInvalid || error instanceof errors.JWKSTimeout) &&
      error.code !== "ERR_JOSE_GENERIC"`,
      `error instanceof errors.JOSEError &&
      !(error instanceof errors.JWKSInvalid || error instanceof errors.JWKSTimeout)`,
    ],
  ),
  ...same(
    "lib/http/auth/mutation.ts",
    'const type = c.req.header("content-type")?.split(";", 1)[0]?.trim().toLowerCase();',
    "of what is split off, the first part alone is read",
    ["1", "2"],
  ),
  ...same(
    "lib/http/auth/sessions.ts",
    'imported ??= crypto.subtle.importKey("raw", encoder.encode(secret()), algorithm, false, ["sign"]);',
    "nobody reaches the key to export it",
    ["false", "true"],
  ),
  ...same(
    "lib/http/auth/verify.ts",
    "return oidc && JWT.test(text) ? oidc(text) : UNKNOWN;",
    "what is no JWT is unknown to jose, too; it is only not loaded for it",
    ["oidc && JWT.test(text)", "oidc"],
  ),
  ...same(
    "lib/http/auth/verify.ts",
    "return cloudflare && JWT.test(text) ? cloudflare(text) : UNKNOWN;",
    "what is no JWT is unknown to jose, too; it is only not loaded for it",
    ["cloudflare && JWT.test(text)", "cloudflare"],
  ),
  ...same(
    "lib/http/auth/verify.ts",
    "if (!opened || !sessions) return UNKNOWN;",
    "without sessions none is opened; the types do not know",
    ["!opened || !sessions", "!opened"],
  ),
];
