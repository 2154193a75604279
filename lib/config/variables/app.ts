/** Variables of the process itself: which deployment it is, where it listens, how it logs. */
import type { LogLevel } from "../../log/port.ts";
import { choice, integer, matching } from "../schemas.ts";
import type { AppEnv } from "../types.ts";
import type { Table } from "../variable.ts";

export interface AppValues {
  readonly APP_ENV: AppEnv;
  readonly PORT: number;
  readonly HOST: string;
  readonly WEB_CONCURRENCY: number | null;
}

export const APP: Table<AppValues> = {
  APP_ENV: {
    group: "app",
    default: "development",
    description: "Which deployment this is. `testing` bypasses the health memo; `production` hides error details",
    schema: choice(["development", "testing", "staging", "production"]),
  },
  PORT: {
    group: "app",
    default: "8787",
    description: "Port on Node; 0 takes any that is free",
    schema: integer("port numbers", 0, 65_535),
  },
  HOST: {
    group: "app",
    default: "127.0.0.1",
    description: "Address on Node; 0.0.0.0 or :: to be reached from outside",
    schema: matching("a host name or an IP address, without scheme, port or brackets", /^[a-z0-9:._%-]{1,253}$/i),
  },
  WEB_CONCURRENCY: {
    group: "app",
    default: null,
    otherwise: "one process, without a supervisor",
    description:
      "Processes on Node behind one port, under a supervisor that reloads them without losing a request; they share their state by `STATE_URL`",
    schema: integer("processes", 1, 256),
  },
};

export interface LogValues {
  readonly LOG_LEVEL: LogLevel;
  readonly LOG_FORMAT: "json" | "pretty" | null;
}

export const LOG: Table<LogValues> = {
  LOG_LEVEL: {
    group: "log",
    default: "info",
    description: "The least that is logged: `debug`, `info`, `warn` or `error`",
    schema: choice(["debug", "info", "warn", "error"]),
  },
  LOG_FORMAT: {
    group: "log",
    default: null,
    otherwise: "json; pretty on a terminal",
    description: "`json` (one object a line) or `pretty` (for people)",
    schema: choice(["json", "pretty"]),
  },
};
