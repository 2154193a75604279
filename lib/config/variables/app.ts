/** Variables of the process itself: which deployment it is, where it listens, how it logs. */
import type { LeastLevel } from "../../log/port.ts";
import { integer, matching, wordOf } from "../schemas.ts";
import type { AppEnv } from "../types.ts";
import type { Table } from "../variable.ts";

export interface AppValues {
  readonly APP_ENV: AppEnv;
  readonly PORT: number;
  readonly HOST: string;
  readonly WEB_CONCURRENCY: number | null;
  readonly HTTP_KEEP_ALIVE_SECONDS: number;
  readonly HTTP_HEADERS_TIMEOUT_SECONDS: number | null;
  readonly HTTP_REQUEST_TIMEOUT_SECONDS: number | null;
  readonly HTTP_DRAIN_SECONDS: number | null;
}

/** What has one colon is a name and a port: an address of IPv6 has two at least. */
const HOST = /^(?:[a-z0-9._-]{1,253}|[a-f0-9.]*:[a-f0-9.]*:[a-f0-9:.]*(?:%[\w.-]{1,16})?)$/i;

/** Of Symfony, Laravel, Rails and `NODE_ENV`. */
const ENVIRONMENTS_OF_OTHERS = {
  dev: "development",
  local: "development",
  test: "testing",
  prod: "production",
} as const;

export const APP: Table<AppValues> = {
  APP_ENV: {
    group: "app",
    inCode: ["appEnv", "text"],
    default: "development",
    description:
      "Which deployment this is: `development`, `testing`, `staging` or `production`. `testing` bypasses the health memo; `production` hides error details. Not set, it follows `NODE_ENV`; `dev`, `local`, `test` and `prod` are taken as well",
    shared: true,
    follows: "NODE_ENV",
    schema: wordOf(["development", "testing", "staging", "production"], ENVIRONMENTS_OF_OTHERS),
  },
  PORT: {
    group: "app",
    inCode: ["listen.port", "number"],
    default: "8787",
    description: "Port on Node; 0 takes any that is free",
    shared: true,
    schema: integer("port numbers", 0, 65_535),
  },
  HOST: {
    group: "app",
    inCode: ["listen.host", "text"],
    default: "127.0.0.1",
    description: "Address on Node; 0.0.0.0 or :: to be reached from outside",
    shared: true,
    schema: matching("a host name or an IP address, without scheme, port or brackets", HOST),
  },
  WEB_CONCURRENCY: {
    group: "app",
    inCode: ["listen.workers", "number"],
    default: null,
    otherwise: "one process, without a supervisor",
    description:
      "Processes on Node behind one port, under a supervisor that reloads them without losing a request; they share their state by `STATE_URL`",
    schema: integer("processes", 1, 256),
  },
  HTTP_KEEP_ALIVE_SECONDS: {
    group: "app",
    inCode: ["listen.keepAliveMs", "seconds"],
    // Load balancers keep theirs for 60 s. Whoever ends a connection first must be the one that sends on it.
    default: "75",
    description:
      "How long Node keeps an idle connection; longer than the load balancer in front does, or that sends on connections which have just ended and answers 502",
    schema: integer("seconds", 1, 3_600),
  },
  HTTP_HEADERS_TIMEOUT_SECONDS: {
    group: "app",
    inCode: ["listen.headersTimeoutMs", "seconds"],
    default: null,
    otherwise: "`HTTP_KEEP_ALIVE_SECONDS` and 5",
    description: "Longest that the headers of a request may take on Node; longer than an idle connection is kept",
    schema: integer("seconds", 1, 7_200),
  },
  HTTP_REQUEST_TIMEOUT_SECONDS: {
    group: "app",
    inCode: ["listen.requestTimeoutMs", "seconds"],
    default: null,
    otherwise: "300, and not less than its headers may take",
    description: "Longest that a whole request, its body included, may take to arrive on Node",
    schema: integer("seconds", 1, 86_400),
  },
  HTTP_DRAIN_SECONDS: {
    group: "app",
    inCode: ["listen.drainMs", "seconds"],
    default: null,
    otherwise: "the longest statement, `DB_CALL_TIMEOUT_MS` or `DB_SLOW_CALL_TIMEOUT_MS`, and 5",
    description:
      "How long requests under way may go on after SIGTERM on Node; who has no answer by then gets 503. Platforms must wait for longer before they kill",
    schema: integer("seconds", 0, 86_400),
  },
};

export interface LogValues {
  readonly LOG_LEVEL: LeastLevel;
  readonly LOG_FORMAT: "json" | "pretty" | null;
}

/** Of pino, winston, log4j and Python, by what is nearest. */
const LEVELS_OF_OTHERS = {
  trace: "debug",
  verbose: "debug",
  silly: "debug",
  http: "info",
  notice: "info",
  warning: "warn",
  fatal: "error",
  critical: "error",
  off: "silent",
  none: "silent",
} as const;

export const LOG: Table<LogValues> = {
  LOG_LEVEL: {
    group: "log",
    inCode: ["log.level", "text"],
    default: "info",
    description:
      "The least that is logged: `debug`, `info`, `warn`, `error`, or `silent` for nothing. Words of other loggers are taken as what is nearest, such as `trace`, `fatal`",
    shared: true,
    schema: wordOf(["debug", "info", "warn", "error", "silent"], LEVELS_OF_OTHERS),
  },
  LOG_FORMAT: {
    group: "log",
    inCode: ["log.format", "text"],
    default: null,
    otherwise: "json; pretty on a terminal",
    description: "`json` (one object a line) or `pretty` (for people; `text` is the same)",
    shared: true,
    schema: wordOf(["json", "pretty"], { text: "pretty" }),
  },
};
