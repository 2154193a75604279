/** The log port: what the rest of the library writes to. `log.ts` is its implementation. */

export type LogLevel = "debug" | "info" | "warn" | "error";

/** What an event carries beside its name. An `Error` is rendered with its causes; everything is redacted. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * Writes an event. Never throws, never blocks, never waits for a sink.
 *
 * `event` is a stable name such as `breaker.opened`, fit for searching; what varies goes into `fields`.
 */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}
