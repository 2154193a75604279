/** What must hold between variables, and what is allowed but probably not meant. */
import { readPostgresUrl } from "../postgres-url/url.ts";
import type { ConfigFault } from "./fault.ts";
import { readHook } from "./hook-targets.ts";
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

export function relationFaults(values: Usable): readonly ConfigFault[] {
  const faults: ConfigFault[] = [];
  if (values.STATE_URL?.kind === "upstash" && values.STATE_TOKEN === null) {
    faults.push(unset("STATE_TOKEN", "the REST token, since STATE_URL is upstash:"));
  }
  const { RESILIENCE_POOL_SATURATION_WARNING: warning, RESILIENCE_POOL_SATURATION_CRITICAL: critical } = values;
  if (warning !== undefined && critical !== undefined && warning > critical) {
    const needed = `at least RESILIENCE_POOL_SATURATION_WARNING, which is ${warning}`;
    faults.push({ variable: "RESILIENCE_POOL_SATURATION_CRITICAL", needed, found: JSON.stringify(`${critical}`) });
  }
  for (const name of readHook(values.RESTART_HOOK, values).missing) {
    faults.push(unset(name, `a value, since RESTART_HOOK is ${values.RESTART_HOOK}`));
  }
  faults.push(...together(values, "ADMIN_OIDC_ISSUER", "ADMIN_OIDC_AUDIENCE"));
  faults.push(...together(values, "CF_ACCESS_TEAM_DOMAIN", "CF_ACCESS_AUD"));
  return faults;
}

/** Below this a bearer token can be guessed: 16 characters of base64 are 96 bits. */
export const SHORTEST_TOKEN = 16;

/** @param isSet whether the environment itself names the variable. */
export function relationWarnings(values: Values, isSet: (name: keyof Values) => boolean): readonly ConfigWarning[] {
  const warnings: ConfigWarning[] = [];
  const warn: Warn = (variable, message, remedy) => warnings.push({ variable, message, remedy });
  if (values.STATE_URL.kind !== "memory" && !isSet("EXPECTED_INSTANCES")) {
    warn(
      "EXPECTED_INSTANCES",
      "is not set: while the shared store is away, each instance takes itself for the only one",
      "set it to the largest number of instances that there may be",
    );
  }
  const unshared = unsharedTarget(values);
  if (values.WEB_CONCURRENCY !== null && unshared !== null) {
    warn(
      "WEB_CONCURRENCY",
      `is not followed: ${unshared}; one process runs, without a supervisor`,
      "remove it, or set DATABASE_URL and STATE_URL to what processes can share",
    );
  }
  if (values.AUDIT_FILE !== null && values.STATE_URL.kind !== "memory") {
    warn(
      "AUDIT_FILE",
      "is not followed: the audit is in the store that STATE_URL names, one for all instances",
      "remove it",
    );
  }
  if (values.DATABASE_URL?.kind === "postgres") warnOfParameters(values.DATABASE_URL.url, warn);
  if (values.APP_ENV === "production") warnInProduction(values, warn);
  return warnings;
}

type Warn = (variable: keyof Values, message: string, remedy: string) => void;

/** Written for another library, most of them. */
function warnOfParameters(url: string, warn: Warn): void {
  const read = readPostgresUrl(url);
  if ("needed" in read) return;
  for (const { parameter, message, remedy } of read.notes) {
    warn("DATABASE_URL", `has the parameter ${parameter}, which ${message}`, remedy);
  }
}

function warnInProduction(values: Values, warn: Warn): void {
  const hasAdmins = values.ADMIN_TOKENS ?? values.ADMIN_OIDC_ISSUER ?? values.CF_ACCESS_TEAM_DOMAIN;
  if (!hasAdmins) {
    warn(
      "ADMIN_TOKENS",
      "is not set, nor any other admin identity: /admin is not served",
      "set it to name:token, with a token of openssl rand -base64 24",
    );
  }
  if (hasAdmins && values.SESSION_SECRET === null) {
    warn(
      "SESSION_SECRET",
      "is not set: in production nobody can sign in to the console",
      "set it to what openssl rand -base64 24 prints, the same on every instance",
    );
  }
  for (const name of ["ADMIN_TOKENS", "MONITOR_TOKENS"] as const) {
    const short = values[name]?.filter(({ token }) => token.length < SHORTEST_TOKEN) ?? [];
    if (short.length > 0) {
      const whose = short.map((entry) => entry.name).join(", ");
      warn(
        name,
        `has tokens of less than ${SHORTEST_TOKEN} characters, which can be guessed: ${whose}`,
        "replace them by what openssl rand -base64 24 prints",
      );
    }
  }
  if ((values.DATABASE_URL ?? { kind: "pglite" }).kind === "pglite") {
    warn(
      "DATABASE_URL",
      "is the embedded database, which is for development",
      "set it to a database of its own, postgres:// or oracle://",
    );
  }
  if (values.LOG_LEVEL === "warn" || values.LOG_LEVEL === "error") {
    warn(
      "LOG_LEVEL",
      `is ${values.LOG_LEVEL}: the log has no heads of the audit (audit.recorded, level info), so that nobody can show later that its end was not cut off`,
      "set it to info, and drop by event what is too much",
    );
  }
}

/** What keeps a second process from being an instance of the same: during a reload there always is one. */
function unsharedTarget({ DATABASE_URL, STATE_URL }: Values): string | null {
  if (STATE_URL.kind === "memory") return "with STATE_URL=memory: each process would have a gate of its own";
  const embedded = (DATABASE_URL ?? { kind: "pglite" }).kind === "pglite";
  return embedded ? "the embedded database belongs to one process, and two would destroy its directory" : null;
}
