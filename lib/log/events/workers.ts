/** Events of the log: Workers on Node. */

export const WORKERS = [
  {
    event: "supervisor.started",
    level: "info",
    fields: "url workers",
    meaning: "every worker answers requests",
  },
  {
    event: "worker.ready",
    level: "info",
    fields: "worker_pid took_ms",
    meaning: "a worker answers requests",
  },
  {
    event: "worker.fell",
    level: "warn",
    fields: "worker_pid? because in_a_row again_in_ms",
    meaning: "a worker ended by itself, or did not come up; another one follows",
  },
  {
    event: "worker.loop",
    level: "error",
    fields: "because in_a_row",
    meaning: "five in a row: a fault of the deployment, such as a missing package",
  },
  {
    event: "worker.stalled",
    level: "warn",
    fields: "worker_pid last_beat_at",
    meaning: "its event loop has not come round for 10 s. Look for long synchronous work",
  },
  {
    event: "reload.begun",
    level: "info",
    fields: "id reason workers",
    meaning: "a rolling reload replaces the workers one by one",
  },
  {
    event: "reload.done",
    level: "info",
    fields: "id reason replaced took_ms",
    meaning: "all of them are new",
  },
  {
    event: "reload.stopped",
    level: "error",
    fields: "id reason replaced took_ms because",
    meaning: "a new worker did not come up; those not replaced serve on",
  },
  {
    event: "reload.refused",
    level: "warn",
    fields: "id reason because",
    meaning: "another one is `rolling`, or the supervisor is `stopping`",
  },
  {
    event: "supervisor.stopping",
    level: "info",
    fields: "workers",
    meaning: "all workers are to end: those there are",
  },
  {
    event: "supervisor.stopped",
    level: "info",
    fields: "",
    meaning: "all have ended: the last line",
  },
] as const;
