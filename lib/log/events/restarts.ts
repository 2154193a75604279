/** Events of the log: Restarts and audit. */

export const RESTARTS = [
  {
    event: "audit.recorded",
    level: "info",
    fields:
      "action actor kind sub actor_name actor_name_verified source ip user_agent request_id decision policy_state override_reason outcome subject reason count? first_at? last_at? position at previous hash",
    meaning: "the whole [record](audit.md). Keep these lines: `audit verify --heads` reads them",
  },
  {
    event: "audit.failed",
    level: "error",
    fields: "action error restart_id?",
    meaning: "a record could not be written; for a restart nothing was done. Mend the store or the file",
  },
  {
    event: "restart.executed",
    level: "info",
    fields: "restart_id source actor",
    meaning: "the platform agreed",
  },
  {
    event: "restart.failed",
    level: "error",
    fields: "restart_id source actor error",
    meaning: "it said no, or nothing. `tidegate doctor` tries the hook",
  },
  {
    event: "ledger.damaged",
    level: "error",
    fields: "key",
    meaning:
      "parts of what the store knew of restarts could not be read and were left out. For one window restarts are blocked, and an override passes. Look at who writes into the store",
  },
  {
    event: "restart.refused",
    level: "info",
    fields: "actor because",
    meaning:
      "somebody, or the watchdog, asked and the policy said no: `cooldown`, `blocked`, `in_progress`, `stale_evidence`",
  },
  {
    event: "restart.undecided",
    level: "error",
    fields: "error",
    meaning: "the store did not answer: nothing was restarted",
  },
  {
    event: "restart.untold",
    level: "warn",
    fields: "restart_id attempt error",
    meaning:
      "the end of a restart could not be told to the store; tried five times. After that it may stand as `unknown`",
  },
  {
    event: "restart.unfollowed",
    level: "info",
    fields: "restart_id hook error",
    meaning: "the platform did not say what became of a deployment; it is asked again",
  },
  {
    event: "epoch.raised",
    level: "info",
    fields: "epoch renew_in_ms",
    meaning: "a soft restart reached this instance: it opens its database anew after that time",
  },
  {
    event: "renewal.failed",
    level: "error",
    fields: "error",
    meaning: "that did not succeed; the old connections could not be ended in order",
  },
  {
    event: "watchdog.acted",
    level: "warn",
    fields: "outcome because? worker_pid?",
    meaning:
      "the watchdog asked for a restart, and what came of it; the supervisor's own for a worker that has stalled",
  },
  {
    event: "watchdog.blind",
    level: "warn",
    fields: "error",
    meaning: "it could not look: mostly the store",
  },
] as const;
