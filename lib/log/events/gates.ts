/** Events of the log: Breaker and store. */

export const GATES = [
  {
    event: "breaker.open",
    level: "warn",
    fields: "gate at from cause generation",
    meaning:
      "calls are refused from now on. Causes: `failure_rate`, `failure_run`, `slow_rate`, `probe_failed`, `override`, `adopted` (heard of from an instance). Look at the database",
  },
  {
    event: "breaker.half_open",
    level: "warn",
    fields: "gate at from cause generation",
    meaning: "single calls try. Causes: `open_period_over`, `pings_succeeded`, `override`, `override_ended`",
  },
  {
    event: "breaker.closed",
    level: "info",
    fields: "gate at from cause generation",
    meaning: "recovered. Causes: `probes_succeeded`, `override`, `override_ended`, `adopted`",
  },
  {
    event: "breaker.would_open",
    level: "warn",
    fields: "gate at cause",
    meaning: "in the mode `observe`: it would have opened",
  },
  {
    event: "breaker.override",
    level: "warn",
    fields: "gate at mode until actor reason",
    meaning: "an operator forced it, ended that (`auto`), or started it afresh (`reset`)",
  },
  {
    event: "refusals.begun",
    level: "warn",
    fields: "gate lane reason",
    meaning:
      "the first call that was not let in, and why: see [reasons](../errors.md). Each instance tells what it refuses itself",
  },
  {
    event: "refusals.ended",
    level: "info",
    fields: "gate refused reasons lasted_ms",
    meaning:
      "10 s or more have passed without another one, or the instance ends: how many there were in all, by their reasons, and how long from the first to the last. Told with the first call after that, a ping included",
  },
  {
    event: "gate.life",
    level: "info",
    fields: "gate at life",
    meaning:
      "a gate began: the first start, or a store that lost its data or whose clock fell back. At an odd time: look at the store's persistence",
  },
  {
    event: "database.away",
    level: "warn",
    fields: "by fault error",
    meaning:
      "the database does not answer this instance any more: a ping of [health](health.md) has failed (`by` is `ping`, which needs no caller, only a monitor at `/health` or the watchdog), or three statements in a row had no connection (`statement`). Of a fleet each instance tells what it sees itself, and the one tells it that has pinged; `health.changed` is the verdict of all",
  },
  {
    event: "database.back",
    level: "info",
    fields: "by away_ms",
    meaning: "it has answered this instance again, be it with an error",
  },
  {
    event: "statement.slow",
    level: "warn",
    fields: "lane took_ms",
    meaning:
      "a statement of the lane `request` took `CIRCUIT_BREAKER_SLOW_CALL_MS` or longer, 1 s where that is not set, from its permit to its end. Never its text, which may hold values: `trace_id` leads to it. Five in a second at most",
  },
  {
    event: "statement.slow",
    level: "info",
    fields: "lane took_ms",
    meaning: "the same in the lane `slow`, which is there for that",
  },
  {
    event: "statement.slow_more",
    level: "warn",
    fields: "statements longest_ms",
    meaning: "so many more in the same second, which have no lines of their own",
  },
  {
    event: "store.away",
    level: "warn",
    fields: "gate error",
    meaning:
      "the store did not answer within `STATE_DEADLINE_MS`. Once for each time; see [the store is away](../concepts.md#when-the-store-is-away)",
  },
  {
    event: "store.back",
    level: "info",
    fields: "gate away_ms",
    meaning: "it answers again. Many short pairs: the store is too far or too slow, or the deadline too short",
  },
  {
    event: "store.no_pushes",
    level: "warn",
    fields: "error",
    meaning:
      "the store does not let this instance listen (a Redis user without channel rights). Permits move more slowly; grant the right",
  },
  {
    event: "gate.nested",
    level: "warn",
    fields: "gate lane error",
    meaning:
      "a call inside a call of the same gate and lane found no permit and was refused; the stack of `error` says where. Once for each gate. Use `tx.query`, or another lane",
  },
  {
    event: "gate.judge_failed",
    level: "warn",
    fields: "gate judge error",
    meaning:
      "`isFailure` or `retryAfter` of a [gate](../gates.md) threw, took more than 50 ms, or returned nonsense; the call's own result stands. Once for each",
  },
  {
    event: "gate.databases_differ",
    level: "warn",
    fields: "namespace ours theirs remedy",
    meaning:
      "another application guards another database under this namespace, so that both share one breaker. Each needs a `STATE_NAMESPACE` of its own; expected while a database moves only. Told again every hour",
  },
  {
    event: "gate.ping_failed",
    level: "warn",
    fields: "gate error",
    meaning: "the [ping](../gates.md#a-ping) of a gate failed, for the first time since one succeeded",
  },
  {
    event: "gate.options_differ",
    level: "warn",
    fields: "gate ours theirs",
    meaning:
      "another application, or another version, says something else about this gate. Each works by its own; expected during a deployment only",
  },
  {
    event: "permit.abandoned",
    level: "warn",
    fields: "gate lane place?",
    meaning:
      "a permit of `acquire`, or a client of a [guarded pool](../orms.md), was never given back: its permit has ended at its deadline. `place`, in development: where it was asked for",
  },
  {
    event: "pool.connection_lost",
    level: "warn",
    fields: "error",
    meaning:
      "an idle connection of a [guarded pool](../orms.md) was lost. Many at once: the server was restarted, or something between has forgotten them",
  },
  {
    event: "sql.max_small",
    level: "warn",
    fields: "max permits",
    meaning:
      "a [guarded `sql`](../orms-postgres-js.md) has fewer connections than its instance may have permits: calls then wait for a connection with a permit in hand. Set `max`",
  },
  {
    event: "health.changed",
    level: "warn",
    fields: "from to reason errors?",
    meaning:
      "the verdict of [health](health.md) is another one, and not a good one: once for each change in a fleet, by the instance that has looked. `from` null: the first look",
  },
  {
    event: "health.changed",
    level: "info",
    fields: "from to reason errors?",
    meaning: "the same where it is `healthy` again",
  },
  {
    event: "health.not_kept",
    level: "debug",
    fields: "error",
    meaning: "the last known health could not be put into the KV namespace",
  },
] as const;
