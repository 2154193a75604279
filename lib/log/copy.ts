/**
 * A plain, bounded and redacted copy of anything: what a log line or an error's details may be made of. Nothing in the
 * original can break it: cycles, getters that throw, proxies, endless nesting.
 */
import { schemeOnly } from "../connection-url.ts";
import { sensitivityOf } from "./field-names.ts";
import { isSecretValue } from "./values.ts";

/** Nesting beyond it becomes `[deeper]`. */
export const MAX_DEPTH = 8;
/** Entries of one object, array, map or set. */
export const MAX_ENTRIES = 100;
/** Values in all, however they nest. */
export const MAX_VALUES = 1_000;
/** Of one string; a longer one is cut after it was redacted. */
export const MAX_TEXT_CHARACTERS = 8_192;
/** Of all strings together. */
export const MAX_TOTAL_CHARACTERS = 32_768;

export interface CopyRules {
  readonly mask: string;
  readonly text: (text: string) => string;
  /** The same texts, without what only their order shows to be secret: `--password` before its value. */
  readonly list: (texts: readonly string[]) => readonly string[];
  readonly isWholeSecret: (text: string) => boolean;
  /** Longer than anything that {@link CopyRules.text} looks for, so that cutting there leaves no half of it. */
  readonly marginCharacters: number;
}

const UNREADABLE = "[unreadable]";

/** One copy that is being made, and what it has taken of its bounds. */
interface Copying {
  readonly rules: CopyRules;
  /** What holds the value that is copied now. */
  readonly above: Set<object>;
  values: number;
  characters: number;
}

/** @param subject what the value is, where the name does not say it. */
type Field = readonly [name: unknown, read: () => unknown, subject?: string];

export function copyOf(value: unknown, rules: CopyRules): unknown {
  try {
    return copy(value, { rules, above: new Set(), values: 0, characters: 0 });
  } catch {
    return UNREADABLE;
  }
}

function copy(original: unknown, copying: Copying): unknown {
  if (++copying.values > MAX_VALUES) return "[more]";
  switch (typeof original) {
    case "string":
      return text(original, copying);
    case "number":
      return scalar(original, Number.isFinite(original) ? original : String(original), copying);
    case "bigint":
      return scalar(original, String(original), copying);
    case "symbol":
      return text(String(original), copying);
    case "function":
      return "[function]";
    case "object":
      return original === null ? null : nested(original, copying);
    default:
      return original;
  }
}

function text(original: string, copying: Copying): string {
  const { rules, characters } = copying;
  if (rules.isWholeSecret(original)) return rules.mask;
  const room = Math.min(MAX_TEXT_CHARACTERS, MAX_TOTAL_CHARACTERS - characters);
  if (room <= 0) return original === "" ? "" : "…";
  const safe = rules.text(original.slice(0, room + rules.marginCharacters));
  copying.characters += Math.min(safe.length, room);
  return safe.length > room ? `${safe.slice(0, room)}…` : safe;
}

/** Numbers may be secrets too; what is none stays a number. */
function scalar<T extends number | bigint>(original: T, shown: T | string, { rules }: Copying): unknown {
  const written = String(original);
  return rules.isWholeSecret(written) || rules.text(written) !== written ? rules.mask : shown;
}

function nested(original: object, copying: Copying): unknown {
  const { above } = copying;
  if (above.has(original)) return "[circular]";
  if (above.size >= MAX_DEPTH) return "[deeper]";
  above.add(original);
  try {
    return container(original, copying);
  } catch {
    return UNREADABLE;
  } finally {
    above.delete(original);
  }
}

function container(original: object, copying: Copying): unknown {
  if (isError(original)) return fields(fieldsOfError(original), copying);
  if (original instanceof Date) return Number.isNaN(original.getTime()) ? "[invalid date]" : original.toISOString();
  if (original instanceof RegExp || original instanceof URL) return text(String(original), copying);
  if (ArrayBuffer.isView(original) || original instanceof ArrayBuffer) return `[${original.byteLength} bytes]`;
  if (Array.isArray(original)) return list(original, original.length, copying);
  if (original instanceof Set) return list(original, original.size, copying);
  if (original instanceof Map || original instanceof Headers || original instanceof URLSearchParams) {
    const entries = [...first(original.entries())].map(([key, value]): Field => [key, () => value]);
    return fields(entries, copying);
  }
  return fields(named(fieldsOf(original, Object.keys(original))), copying);
}

/** An object may say in one field what another holds: `{ name: "DB_PASSWORD", value: "…" }` becomes that name's field. */
function named(entries: Field[]): Field[] {
  const naming = entries.find((entry) => subjectOf(entry) !== null);
  if (!naming) return entries;
  const subject = subjectOf(naming) ?? "";
  // A path alone may be a request's, which has data of its own.
  const holds = naming[0] === "path" ? HOLDS_VALUE : HOLDS_DATA;
  return entries.map(([name, read]): Field => (holds.test(String(name)) ? [name, read, subject] : [name, read]));
}

const NAMES = /(?:name|key|path|param|field|property|pointer|attribute|column|loc)$/i;
const HOLDS_VALUE = /(?:value|args|received|input|actual)$|^(?:old|new|before|after|current)$/i;
const HOLDS_DATA = new RegExp(`${HOLDS_VALUE.source}|^(?:string)?data$`, "i");

/** A path of several parts names its last one; everything in a Secret of Kubernetes is one. */
function subjectOf([field, read]: Field): string | null {
  if (field !== "kind" && !NAMES.test(String(field))) return null;
  try {
    const value = read();
    const subject: unknown = Array.isArray(value) ? value.at(-1) : value;
    if (typeof subject !== "string") return null;
    if (field === "kind") return subject === "Secret" ? subject : null;
    return sensitivityOf(subject) === "plain" ? null : subject;
  } catch {
    return null;
  }
}

function list(items: Iterable<unknown>, length: number, copying: Copying): unknown[] {
  const copies: unknown[] = [];
  for (const item of inOrder(items, length, copying)) {
    if (copies.length >= MAX_ENTRIES) return [...copies, `[${length - MAX_ENTRIES} more]`];
    copies.push(copy(item, copying));
  }
  return copies;
}

/** Texts of a list say what the next is: arguments, raw headers, a name and its value. */
function inOrder(items: Iterable<unknown>, length: number, { rules }: Copying): Iterable<unknown> {
  if (length < 2 || length > MAX_ENTRIES) return items;
  const texts = [...items];
  const isShort = (item: unknown) => typeof item === "string" && item.length <= MAX_TEXT_CHARACTERS;
  return texts.every(isShort) ? rules.list(texts.map(String)) : texts;
}

function fields(entries: Iterable<Field>, copying: Copying): Record<string, unknown> {
  // Without a prototype, `__proto__` is a name like any other.
  const copies: Record<string, unknown> = Object.create(null);
  let count = 0;
  for (const [name, read, subject] of entries) {
    if (++count > MAX_ENTRIES) {
      copies["…"] = "[more]";
      break;
    }
    const key = typeof name === "string" ? name : String(name);
    copies[text(key, copying)] = field(subject ?? key, read, copying);
  }
  return copies;
}

function field(name: string, read: () => unknown, copying: Copying): unknown {
  try {
    const value = read();
    const isSecret = value !== undefined && isSecretValue(value, sensitivityOf(name));
    return isSecret ? copying.rules.mask : copy(value, copying);
  } catch {
    return UNREADABLE;
  }
}

/** What was refused as a URL: where its password begins and ends, nobody knows. */
const URL_TEXTS = ["input", "base"];

const fieldsOf = (original: object, names: readonly string[]): Field[] =>
  names.map((name) => [name, () => Reflect.get(original, name)]);

/** The standard fields are not enumerable, and some of a vendor's own hold the statement and its parameters. */
function fieldsOfError(original: Error): Field[] {
  const standard = ["name", "message", "code", "stack", "cause", "errors"];
  const own = Object.keys(original).filter((key) => !standard.includes(key));
  const present = standard.filter((key) => key === "name" || key === "message" || key in original);
  return fieldsOf(original, [...present, ...own]).map(([name, read]): Field => {
    if (!URL_TEXTS.includes(String(name))) return [name, read];
    return [name, () => withoutRest(read())];
  });
}

const withoutRest = (value: unknown): unknown => (typeof value === "string" ? schemeOnly(value) : value);

/** Also one of another realm, such as a worker's or a test runner's. */
function isError(value: object): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";
}

/** One more than will be copied, so that the copy can say that there were more. */
function* first<T>(entries: Iterable<T>): Generator<T> {
  let count = 0;
  for (const entry of entries) {
    yield entry;
    if (++count > MAX_ENTRIES) return;
  }
}
