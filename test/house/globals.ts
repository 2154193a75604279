/** Time, chance, the network and the platform come in through `lib/runtime.ts`, except where a reason stands here. */
import type { Source } from "./sources.ts";

/** As they look in code: a property of that name is something else. */
const BANNED: Readonly<Record<string, RegExp>> = {
  "Date.now": /(?<![\w.])Date\s*\.\s*now\b/,
  "new Date()": /(?<![\w.])new\s+Date\s*(?:\(\s*\)|(?!\s*\())/,
  performance: /(?<![\w.])performance\s*\./,
  setTimeout: /(?<![\w.])setTimeout\b/,
  setInterval: /(?<![\w.])setInterval\b/,
  setImmediate: /(?<![\w.])setImmediate\b/,
  "Math.random": /(?<![\w.])Math\s*\.\s*random\b/,
  "crypto.randomUUID": /(?<![\w.])crypto\s*\.\s*(?:randomUUID|getRandomValues)\b/,
  fetch: /(?<![\w.])fetch\s*\(/,
  console: /(?<![\w.])console\b/,
  process: /(?<![\w.])process\b(?!\s*[:?])/,
  globalThis: /(?<![\w.])globalThis\b/,
};

/** `path`, what it may use, and why. A path that ends in a slash means the folder. */
const ALLOWED: readonly (readonly [path: string, names: readonly string[], why: string])[] = [
  ["lib/runtime.ts", Object.keys(BANNED), "it is the door"],
  [
    "lib/node/",
    ["process", "setTimeout", "setInterval"],
    "Node only: signals, and timers that keep a process alive: ends of drains, heartbeats",
  ],
  ["lib/node/sendable.ts", ["setImmediate"], "what is at hand is there within a turn of Node's loop, at whatever time"],
  ["lib/node/process-lines.ts", ["console"], "it makes lines of what others print there"],
  ["lib/node/reloadable.ts", ["globalThis"], "what is kept there outlives the evaluation of a module"],
  [
    "lib/cli/tidegate.ts",
    ["process", "setTimeout"],
    "Node only: a command speaks on its streams, and keeps its process alive while it waits",
  ],
  ["lib/client/browser.ts", ["globalThis"], "it finds what a page has"],
  ["lib/client/script.ts", ["globalThis"], "it defines a global, for pages without modules"],
  [
    "lib/http/routes/console/browser/",
    ["fetch", "setInterval", "Date.now", "crypto.randomUUID", "performance"],
    "it runs in a page, which has no other door",
  ],
  ["lib/config/environment.ts", ["process", "globalThis"], "it finds the environment of the platform"],
  [
    "lib/log/output.ts",
    ["process", "globalThis", "console"],
    "it finds standard output, the last place a line goes to",
  ],
  [
    "lib/recovery/hooks/kubernetes/cluster.ts",
    ["globalThis", "process"],
    "it finds the files and the TLS of a pod's platform",
  ],
  ["lib/database/postgres/files.ts", ["globalThis"], "it finds the files that a URL names for TLS"],
  ["lib/facades/postgres-js/sockets.ts", ["globalThis"], "it finds the platform's sockets, which a driver is handed"],
  ["lib/facades/postgres-js/tag.ts", ["globalThis"], "it finds the files of statements"],
  ["lib/store/deno-kv/platform.ts", ["globalThis"], "it finds Deno's KV, where there is one"],
  ["lib/kept/cache-api.ts", ["globalThis"], "it finds the platform's cache, where there is one"],
  ["lib/store/durable-object/object.ts", ["fetch"], "the platform calls an object by a method of that name"],
  [
    "lib/cli/text.ts",
    ["crypto.randomUUID"],
    "marks the command's own colours until a line is printed: others must not guess it",
  ],
  ["lib/store/durable-object/platform.ts", ["fetch"], "and a stub has it too"],
];

export function bannedGlobals(sources: readonly Source[]): string[] {
  const used = new Set<string>();
  const found = sources.flatMap(({ path, code }) =>
    code.flatMap((line, at) =>
      Object.entries(BANNED).flatMap(([name, pattern]) => {
        if (!pattern.test(line)) return [];
        const row = ALLOWED.find(([where, names]) => isIn(path, where) && names.includes(name));
        if (row) used.add(row[0]);
        return row ? [] : [`${path}:${at + 1} must not use ${name}: take it from the Runtime, or give a reason`];
      }),
    ),
  );
  const idle = ALLOWED.filter(([where]) => !used.has(where) && sources.some(({ path }) => isIn(path, where)));
  return [...found, ...idle.map(([where]) => `${where} needs no exception any more`)];
}

const isIn = (path: string, where: string) => (where.endsWith("/") ? path.startsWith(where) : path === where);

/** The core has no time, no chance, no platform, and nothing that waits. */
const IMPURE =
  /(?<![\w.])(?:Date|performance|setTimeout|setInterval|setImmediate|queueMicrotask|fetch|process|crypto|globalThis|console|Promise|async|await|Math\s*\.\s*random)\b/;

export function impure({ path, code, imports }: Source): string[] {
  const words = code.flatMap((line, at) => {
    const word = IMPURE.exec(line)?.[0];
    return word === undefined ? [] : [`${path}:${at + 1} must be pure, not use ${word}`];
  });
  const outside = imports.filter(({ file }) => !file?.startsWith("lib/gate/"));
  return [...words, ...outside.map(({ line, specifier }) => `${path}:${line} must not import ${specifier}`)];
}
