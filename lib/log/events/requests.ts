/** Events of the log: Requests. */

export const REQUESTS = [
  {
    event: "request.failed",
    level: "error",
    fields: "request_id method path code gate? error",
    meaning:
      "a handler threw something unexpected, answered `INTERNAL_ERROR`. A fault of the application: the stack says where",
  },
  {
    event: "request.failed",
    level: "warn",
    fields: "request_id method path code gate? fault? vendor? error?",
    meaning:
      "the database failed a call: `fault` says how, `vendor` is the driver's error. Or what the application asks itself has failed, by `error`. Compare by `code` in [errors](../errors.md)",
  },
  {
    event: "request.refused",
    level: "debug",
    fields: "request_id method path code gate?",
    meaning:
      "refused by the gate, a limit, a login or the handler itself. Counted in [metrics](metrics.md), and `refusals.ended` has the sum of an episode; nothing to do for a single one",
  },
  {
    event: "request.abandoned",
    level: "debug",
    fields: "request_id method path code gate? error",
    meaning: "the caller left first",
  },
  {
    event: "request.cut",
    level: "warn",
    fields: "method path answer",
    meaning:
      "there was no time left at the end of the process. `service_unavailable`: it was answered that, 503 with `Retry-After`; `broken_off`: its answer had begun, and is incomplete. Many: raise `HTTP_DRAIN_SECONDS`, and the time that the platform waits",
  },
  {
    event: "stream.broken",
    level: "warn",
    fields: "lane rows code fault vendor",
    meaning:
      "a stream broke off after `rows` rows: its answer was under way and could not say so. The caller has an incomplete file",
  },
] as const;
