/** What is wrong with what `tidegate()` was given, option by option, each with the words that it needs instead. */
import { SETTING_NAMES, seen, unknownName } from "./config/in-code.ts";
import type { ConfigFault } from "./config.ts";
import type { TidegateOptions } from "./options.ts";
import { isPlain } from "./shape.ts";

interface Option {
  /** What it has to have, by which it is known; behind a dot what a part of it has. Without any: a text. */
  readonly methods: readonly string[];
  /** As the end of the sentence "it needs …". */
  readonly needed: string;
}

/** All but settings, which the table of variables judges. */
const OPTIONS = {
  database: { methods: ["open"], needed: "what a driver makes, such as postgres(url); or to be left out" },
  store: { methods: ["open"], needed: "what makes a store, such as memory() or redis(url)" },
  restart: { methods: ["fire"], needed: "what a hook makes, such as kubernetes({ deployment })" },
  auditLog: { methods: ["append", "read"], needed: "a log, such as auditFile(path)" },
  appVersion: { methods: [], needed: 'a text such as "1.2.3"' },
  connInfo: { methods: ["call"], needed: "a function, such as getConnInfo of a Hono adapter" },
  waitUntil: { methods: ["call"], needed: "a function, such as waitUntil of cloudflare:workers" },
  healthKeep: { methods: ["get", "put"], needed: "a namespace of Cloudflare KV, such as env.HEALTH" },
  keepHome: { methods: ["get", "set"], needed: "a place such as cloudflareKv(env.KEPT)" },
  telemetry: {
    methods: ["tracing.begin", "meters.record"],
    needed: "what openTelemetry() of tidegate/adapters/opentelemetry returns",
  },
  runtime: { methods: ["monotonicMs"], needed: "a runtime, such as manualRuntime() of tidegate/testing" },
} satisfies Partial<Record<keyof TidegateOptions, Option>>;

const KNOWN = [...Object.keys(OPTIONS), "config", "appName", ...SETTING_NAMES];

/** A log of the application's own; otherwise `log` is settings. */
export const isLog = (log: TidegateOptions["log"]): log is Extract<TidegateOptions["log"], { info: unknown }> =>
  typeof (log as { info?: unknown } | undefined)?.info === "function";

/** None where all of it can be used, as far as can be seen without asking it for anything. */
export function optionFaults(options: TidegateOptions): readonly ConfigFault[] {
  if (typeof options !== "object" || options === null) {
    return [{ variable: "tidegate()", needed: "an object such as { store: memory() }", found: seen(options) }];
  }
  // Missing, it is not even a name.
  const faults = Object.entries({ ...options, store: options.store }).flatMap(([name, value]): ConfigFault[] => {
    if (!KNOWN.includes(name)) return [unknownName(name, name, KNOWN)];
    if (name === "config") return configFaults(value);
    const option = Object.hasOwn(OPTIONS, name) ? OPTIONS[name as keyof typeof OPTIONS] : undefined;
    if (!option || (value === undefined && name !== "store") || isUsable(value, option)) return [];
    return [{ variable: name, needed: option.needed, found: inPlaceOf(name, value) }];
  });
  return [...faults, ...twice(options)];
}

function isUsable(value: unknown, { methods }: Option): boolean {
  if (methods.length === 0) return typeof value === "string";
  if (methods[0] === "call") return typeof value === "function";
  if (typeof value !== "object" || value === null) return false;
  return methods.every((path) => typeof path.split(".").reduce(partOf, value as unknown) === "function");
}

const partOf = (whole: unknown, name: string): unknown =>
  (whole as Readonly<Record<string, unknown>> | undefined)?.[name];

/** What the name of an option is called with where it is a factory that nobody has called. */
const HANDED: Readonly<Record<string, string>> = { store: "", database: "url" };

function inPlaceOf(option: string, value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "string") {
    // It may have a password in it.
    return option in HANDED
      ? `a text: write ${option}: ${option === "store" ? "redis" : "postgres"}(url)`
      : seen(value);
  }
  if (value instanceof Promise) return "a promise: await it";
  const has = (name: string) => typeof (value as Readonly<Record<string, unknown>> | null)?.[name] === "function";
  if (option === "database" && has("unsafe") && has("begin")) {
    return "postgres.js: leave database out, and write guardSql(tide, sql) of tidegate/adapters/postgres-js";
  }
  if (option === "database" && has("query") && has("connect")) {
    return "connections of pg: leave database out, and write guardPool(tide, pool) of tidegate/adapters/pg";
  }
  if (option === "store" && (has("sendCommand") || has("call"))) {
    return typeof value === "function" ? uncalled(option, value.name) : "a client of Redis: write store: redis(client)";
  }
  return typeof value === "function" ? uncalled(option, value.name) : seen(value);
}

function uncalled(option: string, name: string): string {
  const factory = name || option;
  return `the function ${factory}, not called: write ${option}: ${factory}(${HANDED[option] ?? "…"})`;
}

function configFaults(value: unknown): ConfigFault[] {
  if (value === undefined || typeof value === "function" || (isPlain(value) && "gate" in value)) return [];
  const found = isPlain(value) ? "an object of something else" : seen(value);
  return [{ variable: "config", needed: "what readConfig(env) returns, or a function that returns it", found }];
}

/** A configuration that has been read is whole: what stands beside it would be followed nowhere, or half. */
function twice({ config, log, ...options }: TidegateOptions): ConfigFault[] {
  if (config === undefined) return [];
  const beside = ["appName", ...SETTING_NAMES].filter((name) => options[name as keyof typeof options] !== undefined);
  const all = log === undefined || isLog(log) ? beside : [...beside, "log"];
  return all.map((variable) => ({
    variable,
    needed: `one place: write config: readConfig(env, { ${variable}: … }), or leave config out`,
    found: `${variable} beside config`,
  }));
}
