/** What must hold between variables, and what is allowed but probably not meant. */
import { readPostgresUrl } from "../postgres-url/url.ts";
import type { ConfigFault } from "./fault.ts";
import { readHook } from "./hook-targets.ts";
import { adapterOf, type Places, whyUncommented } from "./places.ts";
import { weakSecrets } from "./strength.ts";
import type { ConfigWarning } from "./types.ts";
import type { Values } from "./variables.ts";

/** Variables that are wrong by themselves are left out. */
type Usable = Partial<Values>;

const unset = (variable: string, needed: string): ConfigFault => ({ variable, needed, found: "nothing" });

/** Two variables of which one alone is a half-finished setting. */
function together(values: Usable, one: keyof Values, other: keyof Values): ConfigFault[] {
  if (values[one] === null && values[other]) return [unset(one, `a value, since ${other} is set`)];
  if (values[other] === null && values[one]) return [unset(other, `a value, since ${one} is set`)];
  return [];
}

/** @param storeInCode What the environment says about the store is not looked at. */
export function relationFaults(values: Usable, storeInCode: boolean): readonly ConfigFault[] {
  const faults: ConfigFault[] = [];
  if (!storeInCode && values.STATE_URL?.kind === "upstash" && values.STATE_TOKEN === null) {
    faults.push(unset("STATE_TOKEN", "the REST token, since STATE_URL is upstash:"));
  }
  const { RESILIENCE_POOL_SATURATION_WARNING: warning, RESILIENCE_POOL_SATURATION_CRITICAL: critical } = values;
  if (warning !== undefined && critical !== undefined && warning > critical) {
    const needed = `at least RESILIENCE_POOL_SATURATION_WARNING, which is ${warning}`;
    faults.push({ variable: "RESILIENCE_POOL_SATURATION_CRITICAL", needed, found: JSON.stringify(`${critical}`) });
  }
  const { HTTP_HEADERS_TIMEOUT_SECONDS: headers, HTTP_REQUEST_TIMEOUT_SECONDS: request } = values;
  if (headers && request && headers > request) {
    const needed = `at least HTTP_HEADERS_TIMEOUT_SECONDS, which is ${headers} s`;
    faults.push({ variable: "HTTP_REQUEST_TIMEOUT_SECONDS", needed, found: `${request} s` });
  }
  for (const name of readHook(values.RESTART_HOOK, values).missing) {
    faults.push(unset(name, `a value, since RESTART_HOOK is ${values.RESTART_HOOK}`));
  }
  faults.push(...together(values, "ADMIN_OIDC_ISSUER", "ADMIN_OIDC_AUDIENCE"));
  faults.push(...together(values, "CF_ACCESS_TEAM_DOMAIN", "CF_ACCESS_AUD"));
  faults.push(...weakSecrets(values));
  return faults;
}

/** @param isSet whether the environment itself names the variable. */
export function relationWarnings(
  values: Values,
  places: Places,
  isSet: (name: keyof Values) => boolean,
): readonly ConfigWarning[] {
  const warnings: ConfigWarning[] = [];
  const warn: Warn = (variable, message, remedy) => warnings.push({ variable, message, remedy });
  const isShared = adapterOf(places.store) !== "memory";
  if (isShared && !isSet("EXPECTED_INSTANCES")) {
    warn(
      "EXPECTED_INSTANCES",
      "is not set: while the shared store is away, each instance takes itself for the only one",
      "set it to the largest number of instances that there may be",
    );
  }
  const isUnmarked = adapterOf(places.database) === "none" && values.DATABASE_URL === null;
  if (isShared && isUnmarked && values.STATE_NAMESPACE === null) {
    warn(
      "STATE_NAMESPACE",
      "is not set, and there is no database whose address would tell this application from others that share the store",
      "set it, or namespace in code, to a name that no other application has there",
    );
  }
  const unshared = unsharedTarget(places);
  if (values.WEB_CONCURRENCY !== null && unshared !== null) {
    warn(
      "WEB_CONCURRENCY",
      `is not followed: ${unshared}; one process runs, without a supervisor`,
      "remove it, or set DATABASE_URL and STATE_URL to what processes can share",
    );
  }
  const { WEB_CONCURRENCY: workers, EXPECTED_INSTANCES: instances } = values;
  if (unshared === null && isSet("EXPECTED_INSTANCES") && workers !== null && workers > instances) {
    warn(
      "EXPECTED_INSTANCES",
      `is ${instances}, and one machine alone has ${workers} (WEB_CONCURRENCY): that many are counted on`,
      "set it to WEB_CONCURRENCY times the number of machines",
    );
  }
  if (values.AUDIT_FILE !== null && isShared) {
    warn("AUDIT_FILE", "is not followed: the audit is in the store that the instances share", "remove it");
  }
  warnOfComments(values, places, warn);
  warnOfTimes(values, warn);
  if (places.database.kind === "postgres") warnOfParameters(places.database.url, warn);
  if (values.APP_ENV === "production") warnInProduction(values, places, warn);
  return warnings;
}

function warnOfComments({ SQL_COMMENTS: isSet, DB_POOLER: pooler }: Values, { database }: Places, warn: Warn): void {
  const why = isSet ? whyUncommented(database, pooler) : null;
  if (why === null) return;
  warn(
    "SQL_COMMENTS",
    `is not followed: ${why}`,
    adapterOf(database) === "postgres"
      ? "remove it, or set DB_POOLER=transaction, with which nothing is prepared"
      : "remove it",
  );
}

type Warn = (variable: keyof Values, message: string, remedy: string) => void;

function warnOfTimes(values: Values, warn: Warn): void {
  const longestMs = Math.max(values.DB_CALL_TIMEOUT_MS, values.DB_SLOW_CALL_TIMEOUT_MS);
  const { HTTP_DRAIN_SECONDS: drain, HTTP_KEEP_ALIVE_SECONDS: idle, HTTP_HEADERS_TIMEOUT_SECONDS: headers } = values;
  if (drain !== null && drain * 1_000 < longestMs) {
    warn(
      "HTTP_DRAIN_SECONDS",
      `is ${drain} s, and a statement may take ${longestMs} ms: at the end of a process, requests that wait for one are cut off and answered 503`,
      "remove it, or lower DB_CALL_TIMEOUT_MS and DB_SLOW_CALL_TIMEOUT_MS",
    );
  }
  if (headers !== null && headers <= idle) {
    warn(
      "HTTP_HEADERS_TIMEOUT_SECONDS",
      `is ${headers} s, and an idle connection is kept for ${idle} s: a request at the end of that may be cut off`,
      "remove it, or set it above HTTP_KEEP_ALIVE_SECONDS",
    );
  }
}

/** Written for another library, most of them. */
function warnOfParameters(url: string, warn: Warn): void {
  const read = readPostgresUrl(url);
  if ("needed" in read) return;
  for (const { parameter, message, remedy } of read.notes) {
    warn("DATABASE_URL", `has the parameter ${parameter}, which ${message}`, remedy);
  }
}

function warnInProduction(values: Values, { database }: Places, warn: Warn): void {
  const hasAdmins = values.ADMIN_TOKENS ?? values.ADMIN_OIDC_ISSUER ?? values.CF_ACCESS_TEAM_DOMAIN;
  if (!hasAdmins) {
    warn(
      "ADMIN_TOKENS",
      "is not set, nor any other admin identity: /admin is not served",
      "set it to name:token, with a token of openssl rand -base64 32",
    );
  }
  if (hasAdmins && values.SESSION_SECRET === null) {
    warn(
      "SESSION_SECRET",
      "is not set: in production nobody can sign in to the console",
      "set it to what openssl rand -base64 32 prints, the same on every instance",
    );
  }
  // What code has chosen was chosen.
  if (database.kind === "pglite") {
    warn(
      "DATABASE_URL",
      "is the embedded database, which is for development",
      "set it to a database of its own, postgres:// or oracle://",
    );
  }
  if (values.LOG_LEVEL === "warn" || values.LOG_LEVEL === "error" || values.LOG_LEVEL === "silent") {
    warn(
      "LOG_LEVEL",
      `is ${values.LOG_LEVEL}: the log has no heads of the audit (audit.recorded, level info), so that nobody can show later that its end was not cut off`,
      "set it to info, and drop by event what is too much",
    );
  }
}

/** What keeps a second process from being an instance of the same: during a reload there always is one. */
function unsharedTarget({ database, store }: Places): string | null {
  if (adapterOf(store) === "memory") {
    const which = store.kind === "code" ? "the memory store" : "STATE_URL=memory:";
    return `with ${which} each process would have a gate of its own`;
  }
  const isEmbedded = adapterOf(database) === "pglite";
  return isEmbedded ? "the embedded database belongs to one process, and two would destroy its directory" : null;
}
