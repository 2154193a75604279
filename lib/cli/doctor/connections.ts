/** The connections of the whole fleet, against what the server grants to the role. */
import type { Config } from "../../config.ts";
import { sql } from "../../database/sql.ts";
import { type Check, fail, ok, warn } from "./check.ts";
import type { Ask } from "./visit.ts";

/** A process opens them all, whatever the gate lets through: they are its own. */
const eachOpens = ({ pool }: Config): number =>
  pool.poolSize + pool.maxOverflow + pool.slowMaxConcurrent + pool.healthPoolSize;

/** `EXPECTED_INSTANCES` counts processes. A supervisor replaces one worker at a time, with both alive until one ends. */
const replacements = ({ store, listen }: Config): number =>
  listen.workers === null ? 0 : Math.ceil(store.expectedInstances / listen.workers);

/** What the whole fleet may open. */
export const needed = (config: Config): number =>
  (config.store.expectedInstances + replacements(config)) * eachOpens(config);

export interface Limits {
  readonly role: string;
  readonly superuser: boolean;
  /** -1: none. */
  readonly role_limit: number;
  readonly database_limit: number;
  readonly max_connections: number;
  readonly reserved: number;
}

const LIMITS = sql`select rolname::text as role, rolsuper as superuser, rolconnlimit as role_limit,
  (select datconnlimit from pg_database where datname = current_database()) as database_limit,
  current_setting('max_connections')::int as max_connections,
  current_setting('superuser_reserved_connections')::int
    + coalesce(current_setting('reserved_connections', true)::int, 0) as reserved
  from pg_roles where rolname = current_user`;

/** @throws DatabaseError as {@link Ask} does. Undefined where the role is none that the server lists. */
export async function limitsOf(ask: Ask): Promise<Limits | undefined> {
  const [limits] = await ask<Limits>(LIMITS);
  return limits;
}

/** @param behindPooler It opens connections of its own, as many as it was told to; the fleet's end there. */
export function connectionChecks(limits: Limits | undefined, config: Config, behindPooler: boolean): readonly Check[] {
  if (!limits) return [fail("role", "the server does not say who this is", "give the role a name of its own")];
  return [
    roleCheck(limits, needed(config), behindPooler),
    behindPooler ? poolerCheck(limits, config) : fleetCheck(limits, config),
  ];
}

function roleCheck({ role, superuser, role_limit: limit }: Limits, wanted: number, behindPooler: boolean): Check {
  if (superuser)
    return warn("role", `${role} is a superuser, whom no limit binds`, "give the application a role of its own");
  if (limit >= 0) return ok("role", `${role} has a connection limit of ${limit}`);
  if (behindPooler) return ok("role", `${role} has no connection limit but the pooler's`);
  return warn(
    "role",
    `${role} has no connection limit: nothing but the gate bounds what runs at the server`,
    `alter role ${role} connection limit ${wanted}`,
  );
}

function grantedBy({ role_limit, database_limit, max_connections, reserved }: Limits): number {
  const bounds = [role_limit, database_limit].filter((limit) => limit >= 0);
  return Math.min(max_connections - reserved, ...bounds);
}

function poolerCheck(limits: Limits, config: Config): Check {
  const found = `the fleet may open ${needed(config)} to the pooler, which has ${grantedBy(limits)} of the server at most`;
  return ok("connections", found);
}

function fleetCheck(limits: Limits, config: Config): Check {
  const granted = grantedBy(limits);
  const wanted = needed(config);
  const extra = replacements(config) * eachOpens(config);
  const meanwhile = extra === 0 ? "" : `, ${extra} of them while workers are replaced`;
  if (granted >= wanted) return ok("connections", `the fleet may open ${wanted} of ${granted}${meanwhile}`);
  return fail(
    "connections",
    `the fleet may open ${wanted}${meanwhile}, the server grants ${granted}`,
    "lower DB_POOL_SIZE, DB_MAX_OVERFLOW or EXPECTED_INSTANCES, or raise what is granted",
  );
}
