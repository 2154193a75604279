/** What each runtime is given, and what it has that a bundle may therefore leave outside. */
import { builtinModules } from "node:module";

export interface Target {
  /** The entry's name in `functions/`, and the folder's in `build/`. */
  readonly name: string;
  /** `node`: with Node's modules. `edge`: with the few that Workers have by `nodejs_compat`. */
  readonly kind: "node" | "edge";
  /** Conditions of packages' `exports`, beside those of the kind. */
  readonly conditions: readonly string[];
  /** Packages left outside, for their files that are no JavaScript. */
  readonly external: readonly string[];
  /** Whether the embedded database is in it, with its thread and the demo's rows beside the bundle. */
  readonly embedded: boolean;
  /** Whether the command is beside it, as `tidegate.js`: for machines that have nothing but the bundle. */
  readonly command: boolean;
}

/** Both are asked for where they are used alone, and come from the `node_modules` of whoever deploys. */
const ORACLE = "oracledb";
const PGLITE = "@electric-sql/pglite";
const onNode = { kind: "node", conditions: [], external: [ORACLE], embedded: false, command: false } as const;

export const TARGETS: readonly Target[] = [
  { ...onNode, name: "node", external: [ORACLE, PGLITE], embedded: true, command: true },
  {
    name: "deno",
    kind: "node",
    conditions: ["deno"],
    external: [ORACLE, PGLITE],
    embedded: true,
    command: false,
  },
  {
    name: "worker",
    kind: "edge",
    conditions: ["workerd", "worker", "browser"],
    external: [],
    embedded: false,
    command: false,
  },
  { ...onNode, name: "vercel" },
  { ...onNode, name: "netlify" },
  { ...onNode, name: "lambda" },
];

/** Of Node's modules, what Workers have by `nodejs_compat` and the bundle's drivers ask for. */
const EDGE_MODULES = ["node:buffer", "node:events", "node:stream"];

/** What `redis` uses where it is installed, for what is not used here. */
const OPTIONAL = ["@opentelemetry/api", "@node-rs/xxhash"];

/** Whether the runtime has a module of that name by itself or beside the bundle, or can do without. */
export function has({ kind, external }: Target, specifier: string): boolean {
  if (external.includes(specifier)) return true;
  if (kind === "edge") return specifier.startsWith("cloudflare:") || EDGE_MODULES.includes(specifier);
  if (OPTIONAL.includes(specifier)) return true;
  return specifier.startsWith("node:") && builtinModules.includes(specifier.slice("node:".length));
}
