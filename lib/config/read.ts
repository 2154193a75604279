/** Reads the environment by the table: every variable is looked at before anything is thrown. */
import * as v from "valibot";
import type { DatabaseAdapter } from "../database/port.ts";
import type { StoreAdapter } from "../store/port.ts";
import { assemble } from "./assemble.ts";
import { type Environment, systemEnvironment } from "./environment.ts";
import { ConfigError, type ConfigFault } from "./fault.ts";
import { readInCode } from "./in-code.ts";
import { redactorOf, shown } from "./mask.ts";
import { namesOf, PREFIX, type Written, writtenFor } from "./names.ts";
import { placesOf } from "./places.ts";
import { relationFaults, relationWarnings } from "./relations.ts";
import type { Settings } from "./settings.ts";
import type { Config, ConfigWarning } from "./types.ts";
import { typoWarnings } from "./typos.ts";
import type { Schema, Variable } from "./variable.ts";
import { VARIABLE_LIST, type Values } from "./variables.ts";

/** What code says: settings, which win over the environment, and what is no variable of it. */
export interface ReadOptions extends Settings {
  /**
   * That code names: `DATABASE_URL` is not looked at then; null: there is none. `tidegate({ database })` says so by itself
   * where it reads.
   */
  readonly database?: Pick<DatabaseAdapter, "kind" | "address"> | null;
  /** That code names: neither `STATE_URL` nor `STATE_TOKEN` is looked at then. */
  readonly store?: Pick<StoreAdapter, "kind" | "address">;
}

/** What the environment says about one variable, if anything. */
interface Entry {
  readonly name: string;
  readonly variable: Pick<Variable<unknown>, "default" | "schema" | "secret">;
  /** The one that wins first. */
  readonly written: readonly Written[];
  /** Code has said it: what the environment says is not looked at, and no fault. */
  readonly inCode?: boolean;
}

const KNOWN: readonly string[] = VARIABLE_LIST.map(([name]) => name);
const NAMES: readonly string[] = VARIABLE_LIST.flatMap(([name, variable]) => namesOf(name, variable));
const APP_NAME = v.pipe(v.string(), v.regex(/^[\w.-]{1,50}$/, "up to 50 letters, digits and . _ -"));

/**
 * Reads and validates the environment, once, at the start.
 *
 * What `options` say wins, and is held to the same bounds. An empty value counts as not set, and blanks around a value are cut off. Every name may have `TIDEGATE_` before it,
 * which wins. Unknown variables are ignored; in `warnings` is a name that looks like a slip of the pen, and a value that
 * somebody else has put under a name that others use, too. The result is frozen to its depth.
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
 *
 * // What code says wins over the environment:
 * const said = readConfig(undefined, { namespace: "orders", lanes: { request: { capacity: 20 } } });
 * ```
 */
export function readConfig(env: Environment = systemEnvironment(NAMES), options: ReadOptions = {}): Config {
  const { appName = "tidegate", database, store, ...settings } = options;
  const adapters = { DATABASE_URL: database, STATE_URL: store, STATE_TOKEN: store };
  const code = readInCode(settings);
  const entries = entriesOf(env).map((entry) => {
    const said = code.written.get(entry.name as keyof Values);
    const inCode = adapters[entry.name as keyof typeof adapters] !== undefined;
    return { ...entry, inCode, written: said ? [said] : entry.written };
  });
  const written: Written = { name: "appName", text: appName, whose: "ours" };
  const { values, faults, strangers } = readEntries([
    ...entries,
    { name: "appName", variable: { default: null, schema: APP_NAME }, written: [written] },
  ]);
  const asSaid = inWordsOfCode(code.written);
  const related = relationFaults(values, store !== undefined).map((fault) => ({
    variable: asSaid(fault.variable),
    needed: asSaid(fault.needed),
    found: fault.found,
  }));
  const all = [...code.faults, ...faults, ...related];
  const slips = typoWarnings(Object.keys(env), KNOWN);
  if (all.length > 0) throw new ConfigError(all, slips);

  const complete = values as Values;
  const isSet = (name: keyof Values) => entries.some((entry) => entry.name === name && entry.written.length > 0);
  const places = placesOf(complete, { database, store });
  const judged = relationWarnings(complete, places, isSet).map(({ variable, message, remedy }) => ({
    variable: asSaid(variable),
    message: asSaid(message),
    remedy: asSaid(remedy),
  }));
  const warnings = [...judged, ...strangers, ...slips];
  return deepFreeze({ ...assemble(complete, places, appName), warnings });
}

/**
 * How to log, where the rest cannot be used. Never throws: what is wrong with it is one of the faults of `readConfig`.
 *
 * @param env names and values; the platform's own unless given.
 *
 * @example
 * ```ts
 * import { lineLog } from "tidegate";
 * import { ConfigError, readConfig, readLog } from "tidegate/config";
 *
 * try {
 *   readConfig();
 * } catch (error) {
 *   if (error instanceof ConfigError) lineLog(readLog()).error("app.failed", { faults: error.faults });
 * }
 * ```
 */
export function readLog(env: Environment = systemEnvironment(NAMES)): Config["log"] {
  const { values } = readEntries(entriesOf(env).filter(({ name }) => name === "LOG_LEVEL" || name === "LOG_FORMAT"));
  return { level: values.LOG_LEVEL ?? "info", format: values.LOG_FORMAT ?? null };
}

/** Variables that code has said under the names that they have there. */
function inWordsOfCode(written: ReadonlyMap<string, Written>): (text: string) => string {
  return (text) => text.replace(/\b[A-Z][A-Z0-9_]{3,}\b/g, (name) => written.get(name)?.name ?? name);
}

const entriesOf = (env: Environment): readonly Entry[] =>
  VARIABLE_LIST.map(([name, variable]) => ({ name, variable, written: writtenFor(env, name, variable) }));

interface Read {
  readonly values: Partial<Values>;
  readonly faults: ConfigFault[];
  /** What stands under a name that others use, and is theirs. */
  readonly strangers: ConfigWarning[];
}

function readEntries(entries: readonly Entry[]): Read {
  const redact = redactorOf(
    entries.flatMap(({ written, variable }) => written.map(({ text }) => [text, variable.secret] as const)),
  );
  const values: Record<string, unknown> = {};
  const faults: ConfigFault[] = [];
  const strangers: ConfigWarning[] = [];
  for (const { name: key, variable, written, inCode } of entries) {
    const read = (text: string, schema: Schema<unknown> = variable.schema) =>
      v.safeParse(schema, text, { abortEarly: true, abortPipeEarly: true });
    values[key] = variable.default === null ? null : read(variable.default).output;
    for (const { name, text, whose, schema, shown: found, fault: unread } of written) {
      const result = read(text, schema);
      if (!unread && result.success) {
        values[key] = result.output;
        break;
      }
      if (inCode) continue;
      const needed = result.issues?.[0].message ?? "";
      const fault = { variable: name, needed, found: found ?? shown(text, variable.secret, redact), ...unread };
      if (whose === "anybodys") {
        strangers.push(strangerIn(fault, key));
        continue;
      }
      faults.push(fault);
      delete values[key];
      break;
    }
  }
  return { values, faults, strangers };
}

const strangerIn = ({ variable, needed, found }: ConfigFault, key: string): ConfigWarning => ({
  variable,
  message: `is ${found}, which is not followed: it must have been meant for another program`,
  remedy: `set ${PREFIX}${key}, which is read by nobody else, to ${needed}`,
});

function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}
