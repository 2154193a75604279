/** What the table says about one variable: the single source for reading, `.env.example` and docs/settings.md. */
import type { GenericSchema } from "valibot";

/** Headings of the table, in the order in which people meet them. */
export const GROUPS = {
  app: "Application",
  database: "Database",
  store: "Shared state",
  breaker: "Circuit breaker",
  health: "Health",
  restart: "Restarts",
  hooks: "Restart hooks",
  access: "Access",
  http: "HTTP",
  log: "Logging",
} as const;
export type Group = keyof typeof GROUPS;

/** What a setting is in code, where the environment has a text. */
export type CodeKind = "number" | "seconds" | "boolean" | "text" | "texts" | "tokens";

/** What a variable's text becomes: the schema's output. */
export type Schema<T> = GenericSchema<string, T>;

/** `T` includes null exactly when the variable has no default of its own. */
export interface Variable<T> {
  readonly group: Group;
  /** As one would write it into the environment. */
  readonly default: null extends T ? null : string;
  /** What happens without it, where `default` is null. */
  readonly otherwise?: string;
  /** Its name in code, and what stands there; `seconds`: a number of milliseconds. Absent for what is an adapter in code. */
  readonly inCode?: readonly [path: string, kind: CodeKind];
  readonly description: string;
  /** `whole`: never shown. `url`: shown without user and password. */
  readonly secret?: "whole" | "url";
  /** Other programs use the name, too: without the prefix, a value that is none of ours is a warning and the default. */
  readonly shared?: true;
  /** A variable of others that it goes by where it is not set. */
  readonly follows?: string;
  readonly schema: Schema<NonNullable<T>>;
}

/** One entry for each variable of `Values`; the compiler misses none. */
export type Table<Values> = { readonly [Name in keyof Values]: Variable<Values[Name]> };
