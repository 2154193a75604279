/** Variables of who may do what, and of what a request may look like. */
import { namedTokens, networks, origins } from "../lists.ts";
import { boolean, choice, integer, matching, word } from "../schemas.ts";
import type { NamedToken, ProxyHeader } from "../types.ts";
import type { Table } from "../variable.ts";

export interface AccessValues {
  readonly ADMIN_TOKENS: readonly NamedToken[] | null;
  readonly MONITOR_TOKENS: readonly NamedToken[] | null;
  readonly METRICS_PUBLIC: boolean;
  readonly ADMIN_OIDC_ISSUER: string | null;
  readonly ADMIN_OIDC_AUDIENCE: string | null;
  readonly CF_ACCESS_TEAM_DOMAIN: string | null;
  readonly CF_ACCESS_AUD: string | null;
  readonly SESSION_SECRET: string | null;
}

const audience = word("an identifier without blanks, at most 512 characters", 512);

export const ACCESS: Table<AccessValues> = {
  ADMIN_TOKENS: {
    group: "access",
    inCode: ["access.adminTokens", "tokens"],
    default: null,
    otherwise: "development makes one and prints it; production serves no admin path",
    description: "`name:token,name:token`; the name is the audit's actor, two at once for rotation",
    secret: "whole",
    schema: namedTokens,
  },
  MONITOR_TOKENS: {
    group: "access",
    inCode: ["access.monitorTokens", "tokens"],
    default: null,
    otherwise: "none",
    description: "The same for `/health/deep` and `/metrics`",
    secret: "whole",
    schema: namedTokens,
  },
  METRICS_PUBLIC: {
    group: "access",
    inCode: ["access.metricsPublic", "boolean"],
    default: "false",
    description: "Whether `/metrics` is open to everybody who can reach it",
    schema: boolean,
  },
  ADMIN_OIDC_ISSUER: {
    group: "access",
    inCode: ["access.oidcIssuer", "text"],
    default: null,
    otherwise: "none",
    description: "Issuer of JWTs that admins may bring; with `ADMIN_OIDC_AUDIENCE`",
    schema: matching(
      "an https URL without user or query, such as https://login.example.com/realm",
      /^https:\/\/[^\s@?#/]+(?:\/[^\s@?#]*)?$/i,
    ),
  },
  ADMIN_OIDC_AUDIENCE: {
    group: "access",
    inCode: ["access.oidcAudience", "text"],
    default: null,
    otherwise: "none",
    description: "The audience that those JWTs must name",
    schema: audience,
  },
  CF_ACCESS_TEAM_DOMAIN: {
    group: "access",
    inCode: ["access.cloudflareTeamDomain", "text"],
    default: null,
    otherwise: "none",
    description: "Cloudflare Access team, such as `team.cloudflareaccess.com`; with `CF_ACCESS_AUD`",
    schema: matching(
      "a host name such as team.cloudflareaccess.com",
      /^(?:https:\/\/)?(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,63}\/?$/i,
    ),
  },
  CF_ACCESS_AUD: {
    group: "access",
    inCode: ["access.cloudflareAudience", "text"],
    default: null,
    otherwise: "none",
    description: "The application's audience tag at Cloudflare Access",
    schema: audience,
  },
  SESSION_SECRET: {
    group: "access",
    inCode: ["access.sessionSecret", "text"],
    default: null,
    otherwise: "made at the start, outside production",
    description: "Signs the sessions of the operator console; 32 random bytes, the same on every instance",
    secret: "whole",
    schema: matching("a secret of at most 512 characters", /^\P{Cc}{1,512}$/u),
  },
};

export interface HttpValues {
  readonly RATE_LIMIT_PER_MINUTE: number;
  readonly CORS_ORIGINS: readonly string[] | null;
  readonly TRUSTED_PROXIES: readonly string[] | null;
  readonly TRUSTED_PROXY_HEADER: ProxyHeader;
  readonly REQUEST_BODY_LIMIT_BYTES: number;
}

export const HTTP: Table<HttpValues> = {
  RATE_LIMIT_PER_MINUTE: {
    group: "http",
    inCode: ["http.rateLimitPerMinute", "number"],
    default: "600",
    description: "Requests per client and minute; 0 switches the limit off",
    schema: integer("requests", 0, 10_000_000),
  },
  CORS_ORIGINS: {
    group: "http",
    inCode: ["http.corsOrigins", "texts"],
    default: null,
    otherwise: "none",
    description: "Origins whose pages may call, with commas between, or `*`",
    schema: origins,
  },
  TRUSTED_PROXIES: {
    group: "http",
    inCode: ["http.trustedProxies", "texts"],
    default: null,
    otherwise: "none",
    description: "Addresses and networks whose forwarding headers are believed, with commas between",
    shared: true,
    schema: networks,
  },
  TRUSTED_PROXY_HEADER: {
    group: "http",
    inCode: ["http.trustedProxyHeader", "text"],
    default: "x-forwarded-for",
    description: "In which header these write whom they forward for: `x-forwarded-for`, or `forwarded` (RFC 7239)",
    schema: choice(["x-forwarded-for", "forwarded"]),
  },
  REQUEST_BODY_LIMIT_BYTES: {
    group: "http",
    inCode: ["http.bodyLimitBytes", "number"],
    default: "65536",
    description: "Largest request body; beyond it 413",
    schema: integer("bytes", 1, 104_857_600),
  },
};
