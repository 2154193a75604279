/** Objects that would become `{}` as JSON, or lose what they are: how they are told, what they are called, what to write. */

const tagOf = (value: object): string => Object.prototype.toString.call(value).slice(8, -1);

/** `class Order { … }` and what comes from another realm as well. */
const isRecord = (value: object): boolean => tagOf(value) === "Object" || Array.isArray(value);

/** A promise, or what ORMs give in the place of one: whatever can be awaited. */
const isAwaited = (value: object): boolean => typeof (value as { then?: unknown }).then === "function";

/** Of no class but `Object`, also where that is another realm's. */
function isBare(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

const PRIMITIVES = ["String", "Number", "Boolean", "BigInt"];

/** What `new String("x")` and its like stand for. */
export function boxed(value: object): string | number | boolean | bigint | undefined {
  return PRIMITIVES.includes(tagOf(value)) ? ((value as { valueOf(): unknown }).valueOf() as string) : undefined;
}

/** Asked of what JSON is made of, after its own `toJSON`. */
export const UNFIT: readonly ((value: object) => boolean)[] = [
  isAwaited,
  (value) => !isRecord(value) && !PRIMITIVES.includes(tagOf(value)),
  (value) =>
    !isBare(value) && !Array.isArray(value) && !PRIMITIVES.includes(tagOf(value)) && Object.keys(value).length === 0,
];

/** In words, such as "a Map". */
export function kindOf(value: unknown): string {
  if (value === undefined) return "undefined";
  if (typeof value !== "object" || value === null) return `a ${typeof value}`;
  if (value instanceof Date) return "an invalid date";
  if (Array.isArray(value)) return "an array";
  if (isAwaited(value)) return "a promise";
  const name = isRecord(value) ? (value.constructor?.name ?? "Object") : tagOf(value);
  if (name === "Object") return "an object without a JSON form";
  return `${/^[AEIOU]/.test(name) ? "an" : "a"} ${name}`;
}

const REMEDIES: Readonly<Record<string, string>> = {
  Map: "bind Object.fromEntries(map), which has a JSON form",
  Set: "bind [...set], or list([...set]) for `in (…)`",
  Blob: "bind its bytes: await blob.bytes()",
  File: "bind its bytes: await file.bytes()",
  RegExp: "bind its source",
  Error: "bind its message",
  URLSearchParams: "bind String(parameters)",
  Headers: "bind Object.fromEntries(headers), which has a JSON form",
  FormData: "bind Object.fromEntries(form), which has a JSON form",
  ReadableStream: "read it first: await new Response(stream).bytes()",
  Request: "bind what was read of it: await request.text()",
  Response: "bind what was read of it: await response.text()",
};

export function remedyFor(value: unknown): string {
  if (typeof value === "function") return "call it, and bind what it returns";
  if (typeof value === "symbol") return "bind its description";
  if (typeof value !== "object" || value === null) return 'use null for "no value"';
  if (value instanceof Date) return 'use null for "no value"';
  if (Array.isArray(value)) return "use list(values) for `in (…)`";
  if (isAwaited(value)) return "await it first";
  if (ArrayBuffer.isView(value) || tagOf(value).endsWith("ArrayBuffer")) {
    return "bind it by itself, or as a text such as its base64";
  }
  return REMEDIES[tagOf(value)] ?? "bind a text, a number or a plain object in its place";
}
