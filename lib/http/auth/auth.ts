/**
 * Who may do what.
 *
 * Map of this folder: `credential` is what a request brings; `verify` finds out whose it is, by `tokens`, by `jwt` (with
 * `discovery`, `issuer` and `signature` for OIDC and Cloudflare Access, `difference` for the log, and `jose`, the part of
 * that package which is used), by `sessions`; `identity` is what comes out. `made` are the secrets of a start that is
 * given none, `digests` compares secrets. `mutation` keeps other sites from using a browser's login, `failures` slows who
 * guesses. `auth` (this file) makes middleware of it: who may not, is told so here and nowhere else.
 */
import type { Context, MiddlewareHandler } from "hono";
import type { Config } from "../../config/types.ts";
import type { EventLog } from "../../log/events.ts";
import type { Runtime } from "../../runtime.ts";
import type { AddressOf } from "../address/address.ts";
import type { TidegateEnv } from "../env.ts";
import { ProblemError } from "../problem.ts";
import { type Credential, credentialsOf, sessionCookie } from "./credential.ts";
import { sameText } from "./digests.ts";
import type { Failures } from "./failures.ts";
import type { IdentifiedEnv, Known, Right } from "./identity.ts";
import { madeForThisStart } from "./made.ts";
import { checkMutation, isMutation } from "./mutation.ts";
import { openSessions, type Sessions } from "./sessions.ts";
import { openTokens, UNGUESSABLE_CHARACTERS } from "./tokens.ts";
import { createVerify } from "./verify.ts";

export interface AuthOptions {
  readonly access: Config["access"];
  readonly cronSecret: string | null;
  readonly env: Config["app"]["env"];
  readonly failures: Failures;
  readonly addressOf: AddressOf;
  /** The application's own host, as its callers name it. */
  readonly hostOf: (c: Context) => string;
  readonly runtime: Runtime;
  readonly log: EventLog;
}

export interface Auth {
  /** Lets admins pass, as `c.var.identity`; 401 without an identity, 403 with another, 404 where nobody is an admin. */
  requireAdmin(): MiddlewareHandler<IdentifiedEnv>;
  /** The same for monitors, and admins. */
  requireMonitor(): MiddlewareHandler<IdentifiedEnv>;
  /** Lets the scheduler pass that knows `CRON_SECRET`; 401 without it, 404 where there is none. */
  requireCron(): MiddlewareHandler<TidegateEnv>;
  /** For pages that show a login instead of a problem: the admin who asks, null without a login that is valid. */
  visitor(c: Context): Promise<Known | null>;
  /** An admin by a credential that did not come in a header. @throws ProblemError as `requireAdmin` does. */
  admin(c: Context, credential: Credential): Promise<Known>;
  readonly hostOf: AuthOptions["hostOf"];
  /** Null where there can be none: in production without `SESSION_SECRET`. */
  readonly sessions: Sessions | null;
  /** Prints the token of a development start, once. For the start, where the platform allows chance there. */
  announce(): void;
}

const CHALLENGE = 'Bearer realm="tidegate"';

export function createAuth(options: AuthOptions): Auth {
  const { access, cronSecret, env, failures, addressOf, hostOf, runtime, log } = options;
  const hasAdmins = access.adminTokens.length > 0 || access.oidc !== null || access.cloudflareAccess !== null;
  const makesToken = env === "development" && !hasAdmins;
  const made = madeForThisStart(runtime, log);
  const admins = () => (makesToken ? [made.token()] : access.adminTokens);
  const tokens = openTokens(() => ({ admin: admins(), monitor: access.monitorTokens }));
  const canSign = access.sessionSecret !== null || env !== "production";
  const sessions = canSign ? openSessions(() => access.sessionSecret ?? made.sessionSecret()) : null;
  const verify = createVerify({ access, tokens, sessions, runtime });
  const broughtBy = (c: Context) => credentialsOf(c, sessionCookie(hostOf(c)));

  async function known(c: Context, [credential, ...others]: readonly Credential[]): Promise<Known> {
    if (!credential) throw unauthorized("This address needs a bearer token.");
    const verdict = await verify(credential);
    if (verdict.kind !== "known" && others.length > 0) return known(c, others);
    if (verdict.kind === "undecided") {
      log.warn("auth.undecided", { path: c.req.path, error: verdict.cause });
      throw new ProblemError("SERVICE_UNAVAILABLE", "The issuer of this login cannot be reached at the moment.");
    }
    if (verdict.kind === "expired") throw invalid();
    if (verdict.kind === "unknown") return refuse(c, credential.kind, verdict.reason);
    // Who holds what nobody can guess gets in, whatever others at that address have tried.
    if (verdict.guessable) await failures.check(c);
    return verdict;
  }
  async function refuse(c: Context, kind: Credential["kind"] | "cron", reason: string): Promise<never> {
    await failures.count(c);
    log.warn("auth.failed", { path: c.req.path, kind, ip: addressOf(c)?.text ?? null, reason });
    throw invalid();
  }
  async function entitled(c: Context, credentials: readonly Credential[], right: Right): Promise<Known> {
    if (right === "admin" && !hasAdmins && !makesToken) throw nothingHere();
    const who = await known(c, credentials);
    if (right === "monitor" || who.identity.right === "admin") return who;
    throw new ProblemError("FORBIDDEN", "This login may look at health and metrics, and do nothing else.");
  }
  const requires = (right: Right): MiddlewareHandler<IdentifiedEnv> => {
    return async (c, next) => {
      const who = await entitled(c, broughtBy(c), right);
      if (isMutation(c)) await checkMutation(c, who, hostOf(c));
      c.set("identity", who.identity);
      c.set("csrfToken", who.csrfToken);
      await next();
    };
  };
  return {
    requireAdmin: () => requires("admin"),
    requireMonitor: () => requires("monitor"),
    requireCron: () => async (c, next) => {
      if (cronSecret === null) throw nothingHere();
      const [credential] = broughtBy(c);
      if (credential?.kind !== "bearer") throw unauthorized("This address needs the scheduler's bearer token.");
      if (!(await sameText(credential.text, cronSecret))) await refuse(c, "cron", "not CRON_SECRET");
      if (cronSecret.length < UNGUESSABLE_CHARACTERS) await failures.check(c);
      await next();
    },
    visitor: (c) =>
      entitled(c, broughtBy(c), "admin").catch((error: unknown) => {
        if (error instanceof ProblemError && error.problem.code === "UNAUTHORIZED") return null;
        throw error;
      }),
    admin: (c, credential) => entitled(c, [credential], "admin"),
    hostOf,
    sessions,
    announce: () => {
      if (makesToken) made.token();
    },
  };
}

const nothingHere = () => new ProblemError("NOT_FOUND", "There is nothing at this address.");
const invalid = () => unauthorized("This login is not valid, or is not any more.", 'error="invalid_token"');

function unauthorized(message: string, more = ""): ProblemError {
  const challenge = more === "" ? CHALLENGE : `${CHALLENGE}, ${more}`;
  return new ProblemError("UNAUTHORIZED", message, { headers: { "WWW-Authenticate": challenge } });
}
