/** The last row: restarts of the fleet, and whether another one may be. */
import { gauge, grown, NO_YES, type Row } from "./panel.ts";

export const RESTARTS: Row = {
  title: "Restarts",
  panels: [
    {
      title: "Restarts",
      description: "Asked of the platform in what is shown, by how that ended.",
      kind: "stat",
      queries: [[grown("tidegate_restarts_total", "outcome"), "{{outcome}}"]],
      width: 6,
    },
    {
      title: "In the window",
      description: "Restarts that count towards churn.",
      kind: "lines",
      queries: [[gauge("tidegate_restarts_in_window", "job"), "restarts"]],
      width: 6,
    },
    {
      title: "Cooldown",
      description: "Until a restart is allowed again.",
      kind: "lines",
      unit: "s",
      queries: [[gauge("tidegate_restart_cooldown_remaining_seconds", "job"), "cooldown"]],
      width: 6,
    },
    {
      title: "Blocked",
      description: "Whether restarts need an override, and whether there were too many.",
      kind: "states",
      queries: [
        [gauge("tidegate_restart_blocked", "job"), "blocked"],
        [gauge("tidegate_restart_churn_exceeded", "job"), "too many"],
      ],
      named: NO_YES,
      width: 6,
    },
  ],
};
