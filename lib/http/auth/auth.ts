/**
 * Who may do what.
 *
 * Map of this folder: `credential` is what a request brings, `verify` judges it, by `tokens`, by `jwt` (with `discovery`
 * and `issuer`, for OIDC and Cloudflare Access); `identity` is what comes out. `digests` compares
 * secrets. `auth` (this file) makes middleware of it: who may not, is told so here and nowhere else.
 */
import type { Context, MiddlewareHandler } from "hono";
import type { Config } from "../../config/types.ts";
import type { Log } from "../../log/port.ts";
import type { Runtime } from "../../runtime.ts";
import type { TidegateEnv } from "../env.ts";
import { ProblemError } from "../problem.ts";
import { type Credential, credentialOf } from "./credential.ts";
import { sameText } from "./digests.ts";
import type { IdentifiedEnv, Identity, Right } from "./identity.ts";
import { openTokens } from "./tokens.ts";
import { createVerify } from "./verify.ts";

export interface AuthOptions {
  readonly access: Config["access"];
  readonly cronSecret: string | null;
  /** Makes a token of its own where nobody has one. */
  readonly development: boolean;
  readonly runtime: Runtime;
  readonly log: Log;
}

export interface Auth {
  /** Lets admins pass, as `c.var.identity`; 401 without an identity, 403 with another, 404 where nobody is an admin. */
  requireAdmin(): MiddlewareHandler<IdentifiedEnv>;
  /** The same for monitors, and admins. */
  requireMonitor(): MiddlewareHandler<IdentifiedEnv>;
  /** Lets the scheduler pass that knows `CRON_SECRET`; 401 without it, 404 where there is none. */
  requireCron(): MiddlewareHandler<TidegateEnv>;
  /** Prints the token of a development start, once. For the start, where the platform allows chance there. */
  announce(): void;
}

const CHALLENGE = 'Bearer realm="tidegate"';

export function createAuth({ access, cronSecret, development, runtime, log }: AuthOptions): Auth {
  const hasAdmins = access.adminTokens.length > 0 || access.oidc !== null || access.cloudflareAccess !== null;
  const made = developmentToken(runtime, log);
  const tokens = openTokens(() => ({
    admin: hasAdmins || !development ? access.adminTokens : [made()],
    monitor: access.monitorTokens,
  }));
  const verify = createVerify(access, tokens, runtime);

  async function identify(c: Context): Promise<Identity> {
    const credential = credentialOf(c);
    if (!credential) throw unauthorized("This address needs a bearer token.");
    const verdict = await verify(credential);
    if (verdict.kind === "known") return verdict.identity;
    if (verdict.kind === "unknown") throw refused(c, credential.kind);
    log.warn("auth.undecided", { path: c.req.path, error: verdict.cause });
    throw new ProblemError("SERVICE_UNAVAILABLE", "The issuer of this login cannot be reached at the moment.");
  }
  function refused(c: Context, kind: Credential["kind"] | "cron"): ProblemError {
    log.warn("auth.failed", { path: c.req.path, kind });
    return unauthorized("This login is not valid, or is not any more.", 'error="invalid_token"');
  }
  const requires = (right: Right): MiddlewareHandler<IdentifiedEnv> => {
    const served = right === "monitor" || hasAdmins || development;
    return async (c, next) => {
      if (!served) throw new ProblemError("NOT_FOUND", "There is nothing at this address.");
      const identity = await identify(c);
      if (right === "admin" && identity.right !== "admin") {
        throw new ProblemError("FORBIDDEN", "This login may look at health and metrics, and do nothing else.");
      }
      c.set("identity", identity);
      await next();
    };
  };
  return {
    requireAdmin: () => requires("admin"),
    requireMonitor: () => requires("monitor"),
    requireCron: () => async (c, next) => {
      if (cronSecret === null) throw new ProblemError("NOT_FOUND", "There is nothing at this address.");
      const credential = credentialOf(c);
      if (credential?.kind !== "bearer") throw unauthorized("This address needs the scheduler's bearer token.");
      if (!(await sameText(credential.text, cronSecret))) throw refused(c, "cron");
      await next();
    },
    announce: () => {
      if (development && !hasAdmins) made();
    },
  };
}

function unauthorized(message: string, more = ""): ProblemError {
  const challenge = more === "" ? CHALLENGE : `${CHALLENGE}, ${more}`;
  return new ProblemError("UNAUTHORIZED", message, { headers: { "WWW-Authenticate": challenge } });
}

/** A token for this start alone, made when it is first needed: module scope has no chance on Workers. */
function developmentToken(runtime: Runtime, log: Log) {
  let made: { readonly name: string; readonly token: string } | undefined;
  return () => {
    if (made) return made;
    made = { name: "developer", token: `${runtime.uuid()}${runtime.uuid()}`.replaceAll("-", "") };
    log.warn("admin.made_for_this_start", { name: made.name, bearer_is: made.token, remedy: "set ADMIN_TOKENS" });
    return made;
  };
}
