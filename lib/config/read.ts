/** Reads the environment by the table: every variable is looked at before anything is thrown. */
import * as v from "valibot";
import { assemble } from "./assemble.ts";
import { type Environment, systemEnvironment } from "./environment.ts";
import { ConfigError, type ConfigFault } from "./fault.ts";
import { redactorOf, shown } from "./mask.ts";
import { relationFaults, relationWarnings } from "./relations.ts";
import type { Config } from "./types.ts";
import { typoWarnings } from "./typos.ts";
import type { Variable } from "./variable.ts";
import { VARIABLE_LIST, type Values } from "./variables.ts";

/** What is no variable of the environment. */
export interface ReadOptions {
  /** What the application is called towards the database and the shared store. `tidegate` unless given. */
  readonly appName?: string;
}

/** What the environment says about one variable, if anything. */
interface Entry {
  readonly name: string;
  readonly variable: Pick<Variable<unknown>, "default" | "schema" | "secret">;
  readonly written: string;
}

const NAMES: readonly string[] = VARIABLE_LIST.map(([name]) => name);
const APP_NAME = v.pipe(v.string(), v.regex(/^[\w.-]{1,50}$/, "up to 50 letters, digits and . _ -"));

/**
 * Reads and validates the environment, once, at the start.
 *
 * An empty value counts as not set, and blanks around a value are cut off. Unknown variables are ignored; a name that
 * looks like a slip of the pen is in `warnings`. The result is frozen to its depth.
 *
 * @param env names and values; the platform's own unless given. On Workers, pass the bindings: `readConfig({ ...env })`.
 * @throws {ConfigError} naming every variable that cannot be used, what it needs and what was found, without secrets.
 *
 * @example
 * ```ts
 * import { readConfig } from "tidegate/config";
 *
 * const config = readConfig({ DATABASE_URL: "postgres://app:secret@localhost/app", DB_POOL_TIMEOUT: "1" });
 * config.admission.waitTimeoutMs; // 1000
 * config.pool.slowMaxConcurrent; // 3, in development
 * ```
 */
export function readConfig(env: Environment = systemEnvironment(NAMES), options: ReadOptions = {}): Config {
  const { appName = "tidegate" } = options;
  const entries: Entry[] = VARIABLE_LIST.map(([name, variable]) => ({ name, variable, written: textOf(env[name]) }));
  const { values, faults } = readEntries([
    ...entries,
    { name: "appName", variable: { default: null, schema: APP_NAME }, written: appName },
  ]);
  const all = [...faults, ...relationFaults(values)];
  const slips = typoWarnings(Object.keys(env), NAMES);
  if (all.length > 0) throw new ConfigError(all, slips);

  const complete = values as Values;
  const isSet = (name: keyof Values) => textOf(env[name]) !== "";
  const warnings = [...relationWarnings(complete, isSet), ...slips];
  return deepFreeze({ ...assemble(complete, appName), warnings });
}

function readEntries(entries: readonly Entry[]): { readonly values: Partial<Values>; readonly faults: ConfigFault[] } {
  const redact = redactorOf(entries.map(({ written, variable }) => [written, variable.secret]));
  const values: Record<string, unknown> = {};
  const faults: ConfigFault[] = [];
  for (const { name, variable, written } of entries) {
    const text = written || variable.default;
    const result =
      text === null ? null : v.safeParse(variable.schema, text, { abortEarly: true, abortPipeEarly: true });
    if (result === null || result.success) values[name] = result?.output ?? null;
    else
      faults.push({ variable: name, needed: result.issues[0].message, found: shown(written, variable.secret, redact) });
  }
  return { values, faults };
}

/** Platforms hand over numbers and truth values as such; anything else is no setting but a binding. */
function textOf(value: unknown): string {
  if (typeof value === "string") return value.trim();
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}
