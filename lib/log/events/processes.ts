/** Events of the log: Processes. */

export const PROCESSES = [
  {
    event: "app.started",
    level: "info",
    fields: "env url? platform? database? store?",
    meaning: "requests are answered: `serve` by `url`, the demo's entries for other platforms by `platform`",
  },
  {
    event: "app.failed",
    level: "error",
    fields: "message? faults? slips? error?",
    meaning: "the demo's entry could not start: each variable that is wrong, or what was thrown",
  },
  {
    event: "database.starting",
    level: "info",
    fields: "kind",
    meaning: "the demo waits for its embedded database",
  },
  {
    event: "shutdown.begun",
    level: "info",
    fields: "",
    meaning: "`drain()`, mostly by SIGTERM: requests under way may end",
  },
  {
    event: "shutdown.ended",
    level: "info",
    fields: "took_ms cut_unanswered cut_broken",
    meaning: "`close()`: the last line. How many requests were cut off; each has a `request.cut`",
  },
  {
    event: "listener.failed",
    level: "error",
    fields: "kind? listener? error",
    meaning: "your own `onStall` threw, or a listener of `tide.on` threw or took too long. Once for each",
  },
  {
    event: "listener.paused",
    level: "warn",
    fields: "kind took_ms pause_ms",
    meaning:
      "a listener of `tide.on` keeps the thread, which all calls share: it is not called for `pause_ms`. It may block for 2 s at once, and for 0.5 % of the time in the long run; less than 50 ms is not counted. See [slow logs and listeners](#slow-logs-and-listeners)",
  },
  {
    event: "listener.resumed",
    level: "info",
    fields: "kind skipped",
    meaning: "it is called again; so many events it has not heard of",
  },
  {
    event: "close.failed",
    level: "error",
    fields: "kind error",
    meaning: "the database, the store or the audit's file (`kind`) did not close in order at the end",
  },
  {
    event: "process.warning",
    level: "warn",
    fields: "error",
    meaning: "Node itself warns: something deprecated, too many listeners",
  },
  {
    event: "process.failed",
    level: "error",
    fields: "error origin",
    meaning: "nobody has caught this error; the process ends with 1",
  },
  {
    event: "console.printed",
    level: "any",
    fields: "text",
    meaning:
      "a library or a handler has printed it, at the level that it was printed by. Redacted like all lines; `tide.log` has events and fields",
  },
] as const;
