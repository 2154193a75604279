/** Variables of the database and of the lanes in front of it. */
import { choice, integer } from "../schemas.ts";
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
  readonly DB_HEALTH_POOL_SIZE: number;
  readonly DB_POOL_EXHAUSTED_RETRY_AFTER_SECONDS: number;
  readonly DB_MAX_WAITING: number;
  readonly DB_POOLER: "none" | "transaction";
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
    default: "10",
    description: "Connections per instance that are kept; 1 on serverless platforms",
    schema: integer("connections", 1, 1_000),
  },
  DB_MAX_OVERFLOW: {
    group: "database",
    default: "20",
    description: "Connections per instance beyond those, closed when idle",
    schema: integer("connections", 0, 1_000),
  },
  DB_MAX_CONCURRENT: {
    group: "database",
    default: null,
    otherwise: "`DB_POOL_SIZE` + `DB_MAX_OVERFLOW`",
    description: "Statements of the `request` lane at a time, for the whole fleet",
    schema: integer("statements", 1, 100_000),
  },
  DB_POOL_TIMEOUT: {
    group: "database",
    default: "30",
    description:
      "Longest wait for a permit and a connection together, in seconds; 0 does not wait. Opening a connection always has half a second",
    schema: integer("seconds", 0, 3_600),
  },
  DB_POOL_RECYCLE: {
    group: "database",
    default: "1800",
    description: "Lifetime of a connection, in seconds",
    schema: integer("seconds", 1, 7 * DAY_SECONDS),
  },
  DB_TCP_CONNECT_TIMEOUT: {
    group: "database",
    default: "10",
    description: "Longest time to establish a connection, in seconds",
    schema: integer("seconds", 1, 300),
  },
  DB_CALL_TIMEOUT_MS: {
    group: "database",
    default: "55000",
    description: "Longest a statement may run; also PostgreSQL's own `statement_timeout`",
    schema: integer("milliseconds", 1, DAY_MS),
  },
  DB_SLOW_CALL_TIMEOUT_MS: {
    group: "database",
    default: "300000",
    description: "The same for statements of the `slow` lane",
    schema: integer("milliseconds", 1, DAY_MS),
  },
  DB_SLOW_MAX_CONCURRENT: {
    group: "database",
    default: null,
    otherwise: "production and staging 5, development 3, testing 1",
    description: "Statements of the `slow` lane at a time, for the whole fleet",
    schema: integer("statements", 1, 10_000),
  },
  DB_HEALTH_POOL_SIZE: {
    group: "database",
    default: "1",
    description: "The `health` lane and its connections, apart from requests",
    schema: integer("connections", 1, 10),
  },
  DB_POOL_EXHAUSTED_RETRY_AFTER_SECONDS: {
    group: "database",
    default: "5",
    description: "`Retry-After` of a refusal for want of room; clients are never told more than 60",
    schema: integer("seconds", 1, 60),
  },
  DB_MAX_WAITING: {
    group: "database",
    default: "1000",
    description:
      "Calls that may wait per lane, for the whole fleet as an instance last heard of it; beyond it they are refused at once",
    schema: integer("waiting calls", 0, 100_000),
  },
  DB_POOLER: {
    group: "database",
    default: "none",
    description:
      "`transaction` behind PgBouncer and the like: nothing prepared or left in a session, a transaction per statement",
    schema: choice(["none", "transaction"]),
  },
};
