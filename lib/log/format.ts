/** An event as one line of JSON, or as lines for a person at a terminal. What comes in is redacted and plain. */
import type { LogFields, LogLevel } from "./port.ts";

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
  return JSON.stringify(line);
}

/** A field never replaces what the line says about itself: `level` becomes `field_level`. */
function freeName(line: Readonly<Record<string, unknown>>, name: string): string {
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
    return [`${printable(name)}=${typeof value === "string" ? quoted(value) : printable(JSON.stringify(value))}`];
  });
  const time = timestamp(at).slice(11);
  return [[time, level.toUpperCase().padEnd(5), printable(event), ...words].join(" "), ...blocks].join("\n");
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
  const lines = `${label}: ${error.stack}`.split("\n").map((line) => `    ${printable(line)}`);
  const inner: [string, unknown][] = [["caused by", error.cause]];
  if (Array.isArray(error.errors)) inner.push(...error.errors.map((each): [string, unknown] => ["one of", each]));
  return [...lines, ...inner.flatMap(([name, value]) => (hasStack(value) ? errorLines(name, value) : []))];
}

function quoted(text: string): string {
  return /^[\w.,:;/@+*%#?&=()[\]<>~-]+$/.test(text) ? text : printable(JSON.stringify(text));
}

/** Without characters that would move the cursor or start an escape sequence: a log line must not drive a terminal. */
function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A clock that shows nonsense must not lose the line. */
function timestamp(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? new Date(0).toISOString() : date.toISOString();
}
