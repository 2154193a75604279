/**
 * Settings of code, read by the table of the environment: what stands there becomes the text that a variable would have,
 * so that both are judged by one rule, in the same words.
 */
import * as v from "valibot";
import { isPlain } from "../shape.ts";
import type { ConfigFault } from "./fault.ts";
import type { Written } from "./names.ts";
import { milliseconds } from "./schemas.ts";
import type { Settings } from "./settings.ts";
import { distanceWithin } from "./typos.ts";
import type { CodeKind, Schema, Variable } from "./variable.ts";
import { VARIABLE_LIST, type Values } from "./variables.ts";

export interface ReadInCode {
  /** By variable; one that code says nothing of is not among them. */
  readonly written: ReadonlyMap<keyof Values, Written>;
  /** What there is no variable for, and what is no object where there has to be one. */
  readonly faults: readonly ConfigFault[];
}

type Leaf = readonly [name: keyof Values, variable: Variable<unknown>];
interface Branch {
  readonly [name: string]: Branch | Leaf;
}

const isLeaf = (node: Branch | Leaf): node is Leaf => Array.isArray(node);

const TREE: Branch = treeOf(VARIABLE_LIST);

function treeOf(list: readonly Leaf[]): Branch {
  const tree: Record<string, Branch | Leaf> = {};
  for (const leaf of list) {
    const names = leaf[1].inCode?.[0].split(".") ?? [];
    const own = names.pop();
    let branch = tree;
    for (const name of names) {
      branch[name] ??= {};
      branch = branch[name] as typeof tree;
    }
    if (own !== undefined) branch[own] = leaf;
  }
  return tree;
}

/** Names of settings at the top. */
export const SETTING_NAMES: readonly string[] = Object.keys(TREE);

export function readInCode(settings: Omit<Settings, "appName">): ReadInCode {
  const written = new Map<keyof Values, Written>();
  const faults: ConfigFault[] = [];
  const read = (found: Readonly<Record<string, unknown>>, branch: Branch, above: string): void => {
    for (const [name, value] of Object.entries(found)) {
      const path = above + name;
      const node = Object.hasOwn(branch, name) ? branch[name] : undefined;
      if (node === undefined) faults.push(unknownName(path, name, Object.keys(branch)));
      else if (value === undefined) continue;
      else if (isLeaf(node)) written.set(node[0], writtenFor(path, node[1], value));
      else if (isPlain(value)) read(value, node, `${path}.`);
      else faults.push({ variable: path, needed: `an object such as ${exampleOf(node)}`, found: seen(value) });
    }
  };
  read(settings as Readonly<Record<string, unknown>>, TREE, "");
  return { written, faults };
}

/** What of a larger whole is settings. */
export function settingsIn(options: object): Settings {
  const known = ["appName", ...SETTING_NAMES];
  return Object.fromEntries(Object.entries(options).filter(([name]) => known.includes(name)));
}

/** For who looks at all that it was given. */
export function unknownName(variable: string, name: string, known: readonly string[]): ConfigFault {
  const isClose = (other: string) => distanceWithin(name.toLowerCase(), other.toLowerCase(), 2);
  const close = name.length > 3 ? known.find(isClose) : undefined;
  const meant = close === undefined ? "" : `; did you mean ${close}?`;
  return { variable, needed: `one of the names that there are: ${known.join(", ")}`, found: `${name}${meant}` };
}

function exampleOf(branch: Branch): string {
  const [first = ""] = Object.keys(branch);
  return `{ ${first}: … }`;
}

/** Each kind: what it must be in JavaScript, as a text of the environment, and what one writes in the place of a text. */
const KINDS: Readonly<Record<CodeKind, Kind>> = {
  number: { fits: isNumber, textOf: String, instead: numberIn },
  seconds: { fits: isNumber, textOf: String, instead: numberIn },
  boolean: {
    fits: (found) => typeof found === "boolean",
    textOf: String,
    needed: "true or false",
    instead: (text) => (/^(?:true|false)$/.test(text) ? text : null),
  },
  text: { fits: (found) => typeof found === "string", textOf: String },
  texts: {
    fits: (found) => Array.isArray(found) && found.every((one) => typeof one === "string" && !one.includes(",")),
    textOf: (found) => (found as readonly string[]).join(","),
    needed: "a list of texts",
    instead: (text) => JSON.stringify(text.split(",")),
  },
  tokens: {
    fits: (found) => Array.isArray(found) && found.every(isToken),
    textOf: (found) => (found as readonly Token[]).map(({ name, token }) => `${name}:${token}`).join(","),
    needed: 'a list such as [{ name: "kim", token }], the token without blanks and commas',
  },
};

interface Kind {
  readonly fits: (found: unknown) => boolean;
  readonly textOf: (found: unknown) => string;
  /** Where the environment's own sentence is of texts. */
  readonly needed?: string;
  readonly instead?: (text: string) => string | null;
}

interface Token {
  readonly name: string;
  readonly token: string;
}

function isNumber(found: unknown): boolean {
  return typeof found === "number";
}

function numberIn(text: string): string | null {
  return /^\s*\d+(?:\.\d+)?\s*$/.test(text) ? text.trim() : null;
}

function isToken(found: unknown): boolean {
  if (!isPlain(found)) return false;
  const { name, token } = found;
  return typeof name === "string" && typeof token === "string" && !/[:,]/.test(name) && !token.includes(",");
}

/** Nobody: what code empties is empty, whatever the environment says. */
const EMPTY: Schema<unknown> = v.pipe(
  v.string(),
  v.transform(() => null),
);

function writtenFor(path: string, { inCode, schema, secret }: Variable<unknown>, value: unknown): Written {
  const kind = inCode?.[1] ?? "text";
  const { fits, textOf, needed, instead } = KINDS[kind];
  const written: Written = { name: path, text: "", whose: "ours" };
  if (Array.isArray(value) && value.length === 0 && (kind === "texts" || kind === "tokens")) {
    return { ...written, schema: EMPTY };
  }
  const own = kind === "seconds" ? milliseconds(schema) : schema;
  if (fits(value)) {
    const read = { ...written, text: textOf(value), schema: own };
    return typeof value === "number" ? { ...read, shown: seen(value) } : read;
  }
  const better = typeof value === "string" ? instead?.(value) : null;
  const found = secret === undefined ? seen(value) : `something else, ${kindOf(value)}`;
  return {
    ...written,
    fault: { needed: needed ?? sentenceOf(own), found: better ? `${found}, a text: write ${better}` : found },
  };
}

/** What a schema says to a text that none of them takes. */
function sentenceOf(schema: Schema<unknown>): string {
  const { issues } = v.safeParse(schema, "\0", { abortEarly: true, abortPipeEarly: true });
  return issues?.[0].message ?? "a text";
}

function kindOf(found: unknown): string {
  if (Array.isArray(found)) return "a list";
  return found === null ? "null" : `a${typeof found === "object" ? "n" : ""} ${typeof found}`;
}

/** What was found in a program, in a few words: what is no plain value may hold anything. */
export function seen(found: unknown): string {
  if (typeof found === "string") return JSON.stringify(found.length > 80 ? `${found.slice(0, 80)}…` : found);
  if (typeof found === "function") {
    const name = found.name ? ` ${found.name}` : "";
    return /^class\b/.test(Function.prototype.toString.call(found)) ? `the class${name}` : `the function${name}`;
  }
  return typeof found === "number" || typeof found === "boolean" ? String(found) : kindOf(found);
}
