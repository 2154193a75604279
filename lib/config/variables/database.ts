/** Variables of the database and of the lanes in front of it. */
import { boolean, choice, integer } from "../schemas.ts";
import { databaseTarget } from "../targets.ts";
import type { DatabaseTarget } from "../types.ts";
import type { Table } from "../variable.ts";

export interface DatabaseValues {
  readonly DATABASE_URL: DatabaseTarget | null;
  readonly DB_POOL_SIZE: number;
  readonly DB_MAX_OVERFLOW: number;
  readonly DB_MAX_CONCURRENT: number | null;
  readonly DB_POOL_TIMEOUT: number;
  readonly DB_POOL_RECYCLE: number;
  readonly DB_TCP_CONNECT_TIMEOUT: number;
  readonly DB_CALL_TIMEOUT_MS: number;
  readonly DB_SLOW_CALL_TIMEOUT_MS: number;
  readonly DB_SLOW_MAX_CONCURRENT: number | null;
  readonly DB_SLOW_POOL_TIMEOUT: number | null;
  readonly DB_SLOW_MAX_WAITING: number | null;
  readonly DB_HEALTH_POOL_SIZE: number;
  readonly DB_POOL_EXHAUSTED_RETRY_AFTER_SECONDS: number;
  readonly DB_MAX_WAITING: number;
  readonly DB_POOLER: "none" | "transaction";
  readonly SQL_COMMENTS: boolean;
}

const DAY_SECONDS = 86_400;
const DAY_MS = DAY_SECONDS * 1000;

export const DATABASE: Table<DatabaseValues> = {
  DATABASE_URL: {
    group: "database",
    default: null,
    otherwise: "embedded (`pglite:`)",
    description:
      "`postgres://user:password@host:port/database`, `oracle://user:pass@host:port/service`, `pglite:` (in memory) or `pglite:DIR`",
    secret: "url",
    schema: databaseTarget,
  },
  DB_POOL_SIZE: {
    group: "database",
    inCode: ["pool.size", "number"],
    default: "10",
    description: "Connections per instance that are kept; 1 on serverless platforms",
    schema: integer("connections", 1, 1_000),
  },
  DB_MAX_OVERFLOW: {
    group: "database",
    inCode: ["pool.maxOverflow", "number"],
    default: "20",
    description: "Connections per instance beyond those, closed when idle",
    schema: integer("connections", 0, 1_000),
  },
  DB_MAX_CONCURRENT: {
    group: "database",
    inCode: ["lanes.request.capacity", "number"],
    default: null,
    otherwise: "`DB_POOL_SIZE` + `DB_MAX_OVERFLOW`",
    description: "Statements of the `request` lane at a time, for the whole fleet",
    schema: integer("statements", 1, 100_000),
  },
  DB_POOL_TIMEOUT: {
    group: "database",
    inCode: ["lanes.request.waitMs", "seconds"],
    default: "30",
    description:
      "Longest wait for a permit and a connection together, in seconds; 0 does not wait. Opening a connection always has half a second",
    schema: integer("seconds", 0, 3_600),
  },
  DB_POOL_RECYCLE: {
    group: "database",
    inCode: ["pool.recycleMs", "seconds"],
    default: "1800",
    description: "Lifetime of a connection, in seconds",
    schema: integer("seconds", 1, 7 * DAY_SECONDS),
  },
  DB_TCP_CONNECT_TIMEOUT: {
    group: "database",
    inCode: ["pool.connectTimeoutMs", "seconds"],
    default: "10",
    description: "Longest time to establish a connection, in seconds",
    schema: integer("seconds", 1, 300),
  },
  DB_CALL_TIMEOUT_MS: {
    group: "database",
    inCode: ["lanes.request.deadlineMs", "number"],
    default: "55000",
    description: "Longest a statement may run; also PostgreSQL's own `statement_timeout`",
    schema: integer("milliseconds", 1, DAY_MS),
  },
  DB_SLOW_CALL_TIMEOUT_MS: {
    group: "database",
    inCode: ["lanes.slow.deadlineMs", "number"],
    default: "300000",
    description: "The same for statements of the `slow` lane",
    schema: integer("milliseconds", 1, DAY_MS),
  },
  DB_SLOW_MAX_CONCURRENT: {
    group: "database",
    inCode: ["lanes.slow.capacity", "number"],
    default: null,
    otherwise: "production and staging 5, development 3, testing 1",
    description: "Statements of the `slow` lane at a time, for the whole fleet",
    schema: integer("statements", 1, 10_000),
  },
  DB_SLOW_POOL_TIMEOUT: {
    group: "database",
    inCode: ["lanes.slow.waitMs", "seconds"],
    default: null,
    otherwise: "`DB_POOL_TIMEOUT`",
    description: "Longest wait for a permit and a connection of the `slow` lane, in seconds",
    schema: integer("seconds", 0, 3_600),
  },
  DB_SLOW_MAX_WAITING: {
    group: "database",
    inCode: ["lanes.slow.maxWaiting", "number"],
    default: null,
    otherwise: "`DB_MAX_WAITING`",
    description: "Calls that may wait for the `slow` lane",
    schema: integer("waiting calls", 0, 100_000),
  },
  DB_HEALTH_POOL_SIZE: {
    group: "database",
    inCode: ["lanes.health.capacity", "number"],
    default: "1",
    description: "The `health` lane and its connections, apart from requests",
    schema: integer("connections", 1, 10),
  },
  DB_POOL_EXHAUSTED_RETRY_AFTER_SECONDS: {
    group: "database",
    inCode: ["lanes.retryAfterMs", "seconds"],
    default: "5",
    description: "`Retry-After` of a refusal for want of room; clients are never told more than 60",
    schema: integer("seconds", 1, 60),
  },
  DB_MAX_WAITING: {
    group: "database",
    inCode: ["lanes.request.maxWaiting", "number"],
    default: "1000",
    description:
      "Calls that may wait per lane, for the whole fleet as an instance last heard of it; beyond it they are refused at once",
    schema: integer("waiting calls", 0, 100_000),
  },
  DB_POOLER: {
    group: "database",
    inCode: ["pool.pooler", "text"],
    default: "none",
    description:
      "`transaction` behind PgBouncer and the like: nothing prepared or left in a session, a transaction per statement",
    schema: choice(["none", "transaction"]),
  },
  SQL_COMMENTS: {
    group: "database",
    inCode: ["pool.sqlComments", "boolean"],
    default: "false",
    description:
      "Each statement has a comment by which the database's own tools find its trace, route and lane. Not followed where statements are prepared by their text, nor by guarded pools",
    schema: boolean,
  },
};
