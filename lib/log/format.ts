/** An event as one line of JSON, or as lines for a person at a terminal. What comes in is redacted and plain. */
import type { LogFields, LogLevel } from "./port.ts";
import { escaped } from "./printable.ts";

/** `json`: an object a line. `pretty`: for people. */
export type LogFormat = "json" | "pretty";

export interface LogRecord {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: LogFields;
}

export const FORMATS: Readonly<Record<LogFormat, (record: LogRecord) => string>> = { json, pretty };

function json({ at, level, event, fields }: LogRecord): string {
  const line: Record<string, unknown> = { timestamp: timestamp(at), level, event };
  for (const [name, value] of Object.entries(fields)) line[freeName(line, name)] = value;
  // JSON leaves DEL, C1 and what turns the direction of writing as they are; escaped, they are the same text.
  return escaped(JSON.stringify(line));
}

/** A field never replaces what the line says about itself: `level` becomes `field_level`. */
export function freeName(line: Readonly<Record<string, unknown>>, name: string): string {
  let free = name === "__proto__" ? `field_${name}` : name;
  while (Object.hasOwn(line, free)) free = `field_${free}`;
  return free;
}

function pretty({ at, level, event, fields }: LogRecord): string {
  const blocks: string[] = [];
  const words = Object.entries(fields).flatMap(([name, value]) => {
    if (value === undefined) return [];
    if (hasStack(value)) {
      blocks.push(...errorLines(name, value));
      return [];
    }
    return [`${escaped(name)}=${typeof value === "string" ? quoted(value) : escaped(JSON.stringify(value))}`];
  });
  const time = timestamp(at).slice(11);
  return [[time, level.toUpperCase().padEnd(5), escaped(event), ...words].join(" "), ...blocks].join("\n");
}

interface PlainError {
  readonly stack: string;
  readonly cause?: unknown;
  readonly errors?: unknown;
}

function hasStack(value: unknown): value is PlainError {
  return typeof value === "object" && value !== null && "stack" in value && typeof value.stack === "string";
}

function errorLines(label: string, error: PlainError): string[] {
  const lines = `${label}: ${error.stack}`.split("\n").map((line) => `    ${escaped(line)}`);
  const inner: [string, unknown][] = [["caused by", error.cause]];
  if (Array.isArray(error.errors)) inner.push(...error.errors.map((each): [string, unknown] => ["one of", each]));
  return [...lines, ...inner.flatMap(([name, value]) => (hasStack(value) ? errorLines(name, value) : []))];
}

function quoted(text: string): string {
  return /^[\w.,:;/@+*%#?&=()[\]<>~-]+$/.test(text) ? text : escaped(JSON.stringify(text));
}

/** A clock that shows nonsense must not lose the line. */
function timestamp(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? new Date(0).toISOString() : date.toISOString();
}
