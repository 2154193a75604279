/** The log port: what the rest of the library writes to. `log.ts` is its implementation. */

/** From which on events are written. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** The least that is written; `silent`: nothing. */
export type LeastLevel = LogLevel | "silent";

/** What an event carries beside its name. An `Error` is rendered with its causes; everything is redacted. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * Writes an event. Never throws, never blocks, never waits for a sink.
 *
 * `event` is a stable name such as `breaker.open`, fit for searching; what varies goes into `fields`.
 */
export interface Log {
  /** What only helps to find a fault. */
  debug(event: string, fields?: LogFields): void;
  /** What happened as it should. */
  info(event: string, fields?: LogFields): void;
  /** What somebody should look at. */
  warn(event: string, fields?: LogFields): void;
  /** What has to be mended. */
  error(event: string, fields?: LogFields): void;
}
