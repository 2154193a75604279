/** What operations share: how somebody is let in, headers, and a header that is sent. */
import { SESSION_COOKIE } from "../../lib/http/auth/credential.ts";
import type { OpenApi } from "../../lib/openapi/types.ts";
import type { Access } from "./operation.ts";
import { problemResponses } from "./problems.ts";
import { namedSchemas } from "./schemas.ts";

const bearer = (description: string) => ({ type: "http", scheme: "bearer", description });
const header = (description: string, schema: object = { type: "string" }) => ({ description, schema });

const SECURITY_SCHEMES = {
  adminToken: bearer("A token of `ADMIN_TOKENS`, or a JWT of `ADMIN_OIDC_ISSUER` for `ADMIN_OIDC_AUDIENCE`."),
  monitorToken: bearer("A token of `MONITOR_TOKENS`."),
  cronSecret: bearer("`CRON_SECRET`."),
  session: {
    type: "apiKey",
    in: "cookie",
    name: SESSION_COOKIE,
    description: "Of `POST /admin/api/session`. At a port of its own it ends with that, as in `tidegate_session_8443`.",
  },
  csrf: { type: "apiKey", in: "header", name: "X-CSRF-Token", description: "The session's `csrf_token`." },
  access: { type: "apiKey", in: "header", name: "Cf-Access-Jwt-Assertion", description: "Set by Cloudflare Access." },
} as const;

type Requirement = Partial<Record<keyof typeof SECURITY_SCHEMES, readonly []>>;

interface Secured {
  readonly security?: readonly Requirement[];
}

/** One of these lets in. A session that changes something brings its token along. */
export function requirementsOf(access: Access | undefined, method: string): readonly Requirement[] | undefined {
  if (access === undefined) return undefined;
  if (access === "cron") return [{ cronSecret: [] }];
  const session: Requirement = method === "GET" ? { session: [] } : { session: [], csrf: [] };
  const admin: readonly Requirement[] = [{ adminToken: [] }, session, { access: [] }];
  return access === "monitor" ? [{ monitorToken: [] }, ...admin] : admin;
}

const HEADERS = {
  "Retry-After": header("Whole seconds; others get other ones.", { type: "integer", minimum: 1 }),
  "WWW-Authenticate": header("`Bearer`, as RFC 6750 has it."),
  Allow: header("The methods that this address answers."),
  RateLimit: header("What is left, and for how long; not where a binding of Workers counts."),
  "RateLimit-Policy": header("How many requests in how many seconds."),
  "Set-Cookie": header(`\`${SESSION_COOKIE}\`, at a port of its own with that at its end.`),
  Link: header('The next page, as `rel="next"`, where there is one.'),
  ETag: header("For `If-None-Match`."),
  Age: header("Of a kept answer: seconds since it was made.", { type: "integer", minimum: 0 }),
  "Cache-Status": header(
    "How it came about (RFC 9211): `tidegate; hit; fwd=stale; detail=CODE` stands in for a new one.",
  ),
  "Tidegate-As-Of": header("When that one was made.", { type: "string", format: "date-time" }),
};

const PARAMETERS = {
  IdempotencyKey: {
    name: "Idempotency-Key",
    in: "header",
    description: "Asks once, however often it is sent: for 24 hours, the same body gets the same answer.",
    schema: { type: "string", pattern: "^[\\x21-\\x7e]{1,255}$" },
  },
};

type Components = OpenApi["components"];

const all = (): Components => ({
  schemas: namedSchemas(),
  responses: problemResponses(),
  parameters: PARAMETERS,
  headers: HEADERS,
  securitySchemes: SECURITY_SCHEMES,
});

/** Of all components those that `paths` refer to, and what these refer to in turn. */
export function componentsOf(paths: OpenApi["paths"]): Components {
  const used = new Set<string>();
  const known = all();
  const visit = (part: object): void => {
    for (const [, kind = "", name = ""] of JSON.stringify(part).matchAll(/"#\/components\/(\w+)\/([^"]+)"/g)) {
      const found = known[kind]?.[name];
      if (!found) throw new Error(`describe the addresses: there is no component ${kind}/${name}`);
      if (used.has(`${kind}/${name}`)) continue;
      used.add(`${kind}/${name}`);
      visit(found);
    }
  };
  visit(paths);
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods) as Secured[]);
  for (const { security = [] } of operations)
    for (const name of security.flatMap((each) => Object.keys(each))) used.add(`securitySchemes/${name}`);
  const kept = Object.entries(known).map(([kind, parts]) => [
    kind,
    Object.fromEntries(Object.entries(parts).filter(([name]) => used.has(`${kind}/${name}`))),
  ]);
  return Object.fromEntries(kept.filter(([, parts]) => Object.keys(parts as object).length > 0));
}
