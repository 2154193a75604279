/** Events of the log: Kept answers. */

export const KEPT = [
  {
    event: "kept.stale_began",
    level: "warn",
    fields: "code age_seconds",
    meaning:
      "the first answer that stood in for a new one, why, and how old it was. What is wrong stands in the lines before",
  },
  {
    event: "kept.stale_ended",
    level: "info",
    fields: "answers lasted_ms",
    meaning:
      "a source has answered again, 5 s or more after the last of them. How many there were, and from the first to the last",
  },
  {
    event: "kept.no_key",
    level: "warn",
    fields: "name",
    meaning:
      'a kept route is asked by somebody who says who it is (`Cookie`, `Authorization` and the like), and names no `key`: such requests are neither kept nor answered from what is kept. Once for each route. Name what tells callers apart, or `key: () => ""` where the answer is the same for all',
  },
  {
    event: "kept.full",
    level: "warn",
    fields: "name max_entries",
    meaning:
      "a route, or `tide.kept`, has as many different answers as it may (`maxEntries`); further ones are not kept. Once for each. Raise it, or find out who makes up queries",
  },
  {
    event: "kept.not_kept",
    level: "warn",
    fields: "error",
    meaning:
      "an answer could not be made into what is kept; its caller has got it. Mostly a `worthKeeping` or `tags` of yours that threw",
  },
  {
    event: "kept.not_read",
    level: "debug",
    fields: "error",
    meaning: "the place where answers are kept did not answer within 500 ms: what is at hand stood in, if anything",
  },
  {
    event: "kept.not_written",
    level: "debug",
    fields: "error",
    meaning: "it did not take an answer, which is in this instance's memory alone",
  },
] as const;
