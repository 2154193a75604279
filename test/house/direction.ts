/** What may import what: a row for each idea of `lib`, what it may reach beyond itself. */
import type { Source } from "./sources.ts";

/** The words everybody may speak: errors as values, the door through which time and chance come in, addresses. */
const BASE = [
  "lib/errors.ts",
  "lib/runtime.ts",
  "lib/time.ts",
  "lib/shape.ts",
  "lib/connection-url.ts",
  "lib/postgres-url/",
  "lib/redis-url.ts",
  "lib/optional-package.ts",
  "lib/loopback.ts",
  "lib/bounded-text.ts",
  "lib/retry-hint.ts",
  "lib/thread-time.ts",
];
const GATE = ["lib/gate/"];
const PORTS = ["database/port", "database/sql", "store/port", "log/port", "log/events", "telemetry/port"].map(
  (name) => `lib/${name}.ts`,
);
const DRIVERS_SHARE = ["failure", "hand-over", "transaction", "wire/transactions"].map(
  (name) => `lib/database/${name}.ts`,
);
const SETTINGS = ["lib/config/types.ts"];
const MACHINES = [...BASE, ...GATE, ...PORTS, ...SETTINGS, "lib/events.ts", "lib/telemetry/"];

/** In the order of the house, from the bottom up. The longest row that fits a file is its own. */
const ROWS: Readonly<Record<string, readonly string[]>> = {
  "lib/gate/": [],
  "lib/shape.ts": [],
  "lib/errors.ts": [],
  "lib/runtime.ts": [],
  "lib/time.ts": ["lib/runtime.ts"],
  "lib/connection-url.ts": [],
  "lib/postgres-url/": ["lib/connection-url.ts"],
  "lib/redis-url.ts": ["lib/connection-url.ts"],
  "lib/optional-package.ts": ["lib/runtime.ts"],
  "lib/loopback.ts": [],
  "lib/thread-time.ts": ["lib/runtime.ts"],
  "lib/bounded-text.ts": [],
  "lib/retry-hint.ts": [],
  "lib/events.ts": [...BASE, ...GATE, "lib/log/events.ts"],
  "lib/store/": [...BASE, ...GATE],
  "lib/database/": [...BASE, ...GATE],
  "lib/log/": BASE,
  // Traces and meters of others: what is told of requests and statements, and by whom.
  "lib/telemetry/": [...BASE, ...GATE, ...PORTS],
  "lib/metrics/": [...MACHINES, "lib/kept/figures.ts"],
  // Pages have neither store nor database, but clocks and chance like everybody.
  "lib/client/": ["lib/runtime.ts", "lib/time.ts", "lib/retry-hint.ts", "lib/contract/unwell.ts"],
  // Settings name targets, hooks and levels, and masks what it reports.
  "lib/config": [...BASE, ...GATE, ...PORTS, "lib/recovery/hooks/options.ts", "lib/log/redaction.ts", "lib/config"],
  // Schemas of what is answered. Whoever builds or reads one takes its types.
  "lib/contract/": [...GATE, "lib/store/port.ts"],
  "lib/recovery/": MACHINES,
  // Hooks mask what platforms say.
  "lib/recovery/hooks/": [...BASE, "lib/recovery/", "lib/log/redaction.ts", "lib/telemetry/"],
  // What others throw counts by the tables of our own drivers.
  "lib/guard/": [...MACHINES, "lib/database/fault-of.ts", "lib/database/absent.ts"],
  "lib/guard/database/": [...MACHINES, "lib/guard/"],
  // Drivers that applications have themselves, behind the gate of the instance they are given.
  "lib/facades/": [
    ...BASE,
    ...GATE,
    "lib/database/",
    "lib/guard/",
    "lib/log/events.ts",
    "lib/telemetry/",
    "lib/tidegate.ts",
  ],
  // What no JSON has is no statement's value either.
  "lib/kept/": [...MACHINES, "lib/contract/", "lib/guard/", "lib/database/unfit-values.ts"],
  "lib/health/": [...MACHINES, "lib/contract/", "lib/guard/", "lib/recovery/", "lib/metrics/"],
  // Bundled into a text.
  "lib/http/routes/console/browser/": [],
  // Problems and spans say which path was asked for, without what may be a secret in it.
  "lib/http/without-secrets.ts": ["lib/log/redaction.ts"],
  "lib/http/": [
    ...MACHINES,
    // What drivers say is in the contract.
    "lib/database/handed-on.ts",
    "lib/contract/",
    "lib/guard/",
    "lib/kept/",
    "lib/health/",
    "lib/recovery/",
    "lib/metrics/",
  ],
  // What serves applications that are not Hono's: it has of an instance what its requests have to pass.
  "lib/frameworks/": [...BASE, "lib/guard/", "lib/contract/", "lib/http/", "lib/telemetry/", "lib/tidegate.ts"],
  "lib/compose.ts": ["lib/"],
  // What goes into the composition and what comes out of it: types alone.
  "lib/options.ts": ["lib/"],
  "lib/option-faults.ts": ["lib/"],
  "lib/tide.ts": ["lib/"],
  // What the composition is made of, by name: nothing is put together here.
  "lib/tidegate.ts": ["lib/"],
  // Nothing but a text.
  "lib/openapi/": [],
  // Entries: they choose, so they may name what is concrete.
  // The supervisor decides about its workers by the ledger.
  "lib/node/": [
    ...BASE,
    "lib/events.ts",
    "lib/config",
    "lib/log/",
    "lib/metrics/",
    "lib/store/port.ts",
    "lib/recovery/",
    "lib/tidegate.ts",
  ],
  // Its fake database is a driver like the others, and stands on what drivers share.
  "lib/testing/": [...MACHINES, "lib/tidegate.ts", ...DRIVERS_SHARE, "lib/database/faults.ts", "lib/store/memory.ts"],
  "lib/cli/": ["lib/"],
};

const rowOf = (path: string): string | undefined =>
  Object.keys(ROWS)
    .filter((prefix) => path.startsWith(prefix))
    .sort((one, other) => other.length - one.length)[0];

/** Imports of `lib` that point the wrong way, and folders that have no row yet. */
export function wrongWay({ path, imports }: Source): string[] {
  const row = rowOf(path);
  if (row === undefined) return [`${path}:1 is a new idea in lib: give it a row in test/house/direction.ts`];
  const allowed = [row, ...(ROWS[row] ?? [])];
  return imports
    .filter(({ file }) => file !== null && !allowed.some((prefix) => file.startsWith(prefix)))
    .map(({ line, file }) => `${path}:${line} must not import ${file}: ${row} may only reach ${allowed.join(", ")}`);
}

/** What the demo may import: the package by its public entries, its own files, what `infra` has, and the version. */
export function notPublic({ path, imports }: Source, entries: readonly string[]): string[] {
  const fine = (specifier: string, file: string | null) => {
    if (file !== null) return file.startsWith("functions/") || file.startsWith("infra/") || file === "package.json";
    return !/^tidegate(\/|$)/.test(specifier) || entries.includes(specifier);
  };
  return imports
    .filter(({ specifier, file }) => !fine(specifier, file))
    .map(({ line, specifier }) => `${path}:${line} must import only what the package makes public, not ${specifier}`);
}

/** Every circle of imports, types included, once. */
export function circles(sources: readonly Source[]): string[] {
  const next = new Map(sources.map(({ path, imports }) => [path, imports.flatMap(({ file }) => file ?? [])]));
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at !== -1) found.push([...trail.slice(at), path].join(" -> "));
    if (at !== -1 || done.has(path)) return;
    for (const file of next.get(path) ?? []) visit(file, [...trail, path]);
    done.add(path);
  };
  for (const path of next.keys()) visit(path, []);
  return found;
}

/** Everything a file leads to, with the packages met on the way: `"postgres" -> the file that imports it`. */
export function reach(from: string, sources: ReadonlyMap<string, Source>) {
  const files = new Set<string>();
  const packages = new Map<string, string>();
  const visit = (path: string): void => {
    const found = sources.get(path);
    if (files.has(path) || !found) return;
    files.add(path);
    for (const { specifier, file, line } of found.imports) {
      if (file !== null) visit(file);
      else if (!packages.has(packageOf(specifier))) packages.set(packageOf(specifier), `${path}:${line}`);
    }
  };
  visit(from);
  return { files, packages };
}

/** `hono/cors` is `hono`; `node:fs/promises` is `node:`. */
export function packageOf(specifier: string): string {
  if (specifier.startsWith("node:")) return "node:";
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}
