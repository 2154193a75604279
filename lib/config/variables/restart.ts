/** Variables of restarts: the policy, the hook, and who watches. */
import { RESTART_HOOKS, type RestartHook } from "../hook-targets.ts";
import { boolean, choice, integer, matching, word } from "../schemas.ts";
import type { Table } from "../variable.ts";

export interface RestartValues {
  readonly WORKER_RESTART_COOLDOWN: number;
  readonly WORKER_RESTART_RETRY_BUDGET: number;
  readonly WORKER_RESTART_WINDOW_SECONDS: number;
  readonly WORKER_RESTART_CHURN_THRESHOLD: number;
  readonly WORKER_GUARDED_MODE_ENABLED: boolean;
  readonly RESTART_HOOK: RestartHook | null;
  readonly WATCHDOG_ENABLED: boolean;
  readonly WATCHDOG_CHECK_INTERVAL: number;
  readonly CRON_SECRET: string | null;
  readonly AUDIT_FILE: string | null;
}

export const RESTART: Table<RestartValues> = {
  WORKER_RESTART_COOLDOWN: {
    group: "restart",
    inCode: ["restarts.cooldownMs", "seconds"],
    default: "60",
    description: "Shortest time between two restarts, in seconds",
    schema: integer("seconds", 0, 86_400),
  },
  WORKER_RESTART_RETRY_BUDGET: {
    group: "restart",
    inCode: ["restarts.retryBudget", "number"],
    default: "3",
    description: "Restarts in the window before a human must override",
    // As many as the ledger remembers.
    schema: integer("restarts", 0, 50),
  },
  WORKER_RESTART_WINDOW_SECONDS: {
    group: "restart",
    inCode: ["restarts.windowMs", "seconds"],
    default: "600",
    description: "How far back restarts count towards budget and churn",
    schema: integer("seconds", 1, 86_400),
  },
  WORKER_RESTART_CHURN_THRESHOLD: {
    group: "restart",
    inCode: ["restarts.churnThreshold", "number"],
    default: "3",
    description: "Restarts in the window that are churn",
    schema: integer("restarts", 1, 50),
  },
  WORKER_GUARDED_MODE_ENABLED: {
    group: "restart",
    inCode: ["restarts.guarded", "boolean"],
    default: "true",
    description: "An exceeded budget or churn blocks restarts until a human overrides",
    schema: boolean,
  },
  RESTART_HOOK: {
    group: "restart",
    default: null,
    otherwise: "`node` under the supervisor, else `soft`",
    description: `How to restart: ${RESTART_HOOKS.map((hook) => `\`${hook}\``).join(", ")}`,
    schema: choice(RESTART_HOOKS),
  },
  WATCHDOG_ENABLED: {
    group: "restart",
    inCode: ["watchdog.enabled", "boolean"],
    default: "false",
    description:
      "Whether what calls the watchdog (timer, cron, `/internal/watchdog`) makes it look, and restart by itself",
    schema: boolean,
  },
  WATCHDOG_CHECK_INTERVAL: {
    group: "restart",
    inCode: ["watchdog.checkIntervalMs", "seconds"],
    default: "5",
    description: "How often it looks, in seconds",
    schema: integer("seconds", 1, 3_600),
  },
  CRON_SECRET: {
    group: "restart",
    inCode: ["watchdog.cronSecret", "text"],
    default: null,
    otherwise: "nobody may call `/internal/watchdog`",
    description: "Bearer token of platform schedulers",
    secret: "whole",
    schema: word("a secret without blanks, at most 512 characters", 512),
  },
  AUDIT_FILE: {
    group: "restart",
    default: null,
    otherwise: "none; with `memory:`, restarts then work in `development` and `testing` alone",
    description: "Where the audit goes with the memory store; written through to the disk",
    schema: matching("a path of at most 1024 characters", /^\P{Cc}{1,1024}$/u),
  },
};
