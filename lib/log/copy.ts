/**
 * A plain, bounded and redacted copy of anything: what a log line or an error's details may be made of. Nothing in the
 * original can break it: cycles, getters that throw, proxies, endless nesting.
 */
import { judgeName } from "./field-names.ts";

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
  readonly isWholeSecret: (text: string) => boolean;
  /** Longer than anything that {@link CopyRules.text} looks for, so that cutting there leaves no half of it. */
  readonly marginCharacters: number;
}

const UNREADABLE = "[unreadable]";

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

export function copyOf(value: unknown, rules: CopyRules): unknown {
  const { mask } = rules;
  const above = new Set<object>();
  let values = 0;
  let characters = 0;

  function text(original: string): string {
    if (rules.isWholeSecret(original)) return mask;
    const room = Math.min(MAX_TEXT_CHARACTERS, MAX_TOTAL_CHARACTERS - characters);
    if (room <= 0) return original === "" ? "" : "…";
    const safe = rules.text(original.slice(0, room + rules.marginCharacters));
    characters += Math.min(safe.length, room);
    return safe.length > room ? `${safe.slice(0, room)}…` : safe;
  }

  /** Numbers may be secrets too; what is none stays a number. */
  function scalar<T extends number | bigint>(original: T, shown: T | string): unknown {
    const written = String(original);
    return rules.isWholeSecret(written) || rules.text(written) !== written ? mask : shown;
  }

  function copy(original: unknown): unknown {
    if (++values > MAX_VALUES) return "[more]";
    switch (typeof original) {
      case "string":
        return text(original);
      case "number":
        return scalar(original, Number.isFinite(original) ? original : String(original));
      case "bigint":
        return scalar(original, String(original));
      case "symbol":
        return text(String(original));
      case "function":
        return "[function]";
      case "object":
        return original === null ? null : nested(original);
      default:
        return original;
    }
  }

  function nested(original: object): unknown {
    if (above.has(original)) return "[circular]";
    if (above.size >= MAX_DEPTH) return "[deeper]";
    above.add(original);
    try {
      return container(original);
    } catch {
      return UNREADABLE;
    } finally {
      above.delete(original);
    }
  }

  function container(original: object): unknown {
    if (isError(original)) return error(original);
    if (original instanceof Date) return Number.isNaN(original.getTime()) ? "[invalid date]" : original.toISOString();
    if (original instanceof RegExp || original instanceof URL) return text(String(original));
    if (ArrayBuffer.isView(original) || original instanceof ArrayBuffer) return `[${original.byteLength} bytes]`;
    if (Array.isArray(original)) return list(original, original.length);
    if (original instanceof Set) return list(original, original.size);
    if (original instanceof Map || original instanceof Headers || original instanceof URLSearchParams) {
      return fields([...first(original.entries())].map(([key, value]) => [key, () => value]));
    }
    return fields(Object.keys(original).map((key) => [key, () => Reflect.get(original, key)]));
  }

  function list(items: Iterable<unknown>, length: number): unknown[] {
    const copies: unknown[] = [];
    for (const item of items) {
      if (copies.length >= MAX_ENTRIES) return [...copies, `[${length - MAX_ENTRIES} more]`];
      copies.push(copy(item));
    }
    return copies;
  }

  function fields(entries: Iterable<readonly [name: unknown, read: () => unknown]>): Record<string, unknown> {
    // Without a prototype, `__proto__` is a name like any other.
    const copies: Record<string, unknown> = Object.create(null);
    let count = 0;
    for (const [name, read] of entries) {
      if (++count > MAX_ENTRIES) {
        copies["…"] = "[more]";
        break;
      }
      const key = typeof name === "string" ? name : String(name);
      copies[text(key)] = field(key, read);
    }
    return copies;
  }

  function field(name: string, read: () => unknown): unknown {
    try {
      const value = read();
      const verdict = value === undefined ? "plain" : judgeName(name);
      if (verdict === "secret" || (verdict === "countable" && typeof value !== "number")) return mask;
      return copy(value);
    } catch {
      return UNREADABLE;
    }
  }

  /** The standard fields are not enumerable, and some of a vendor's own hold the statement and its parameters. */
  function error(original: Error): unknown {
    const standard = ["name", "message", "code", "stack", "cause", "errors"];
    const own = Object.keys(original).filter((key) => !standard.includes(key));
    const present = standard.filter((key) => key === "name" || key === "message" || key in original);
    return fields([...present, ...own].map((key) => [key, () => Reflect.get(original, key)]));
  }

  try {
    return copy(value);
  } catch {
    return UNREADABLE;
  }
}
