/** Variables of the store that the instances share. */
import { choice, integer, matching, word } from "../schemas.ts";
import { type StoreLocation, storeLocation } from "../targets.ts";
import type { Table } from "../variable.ts";

export interface StoreValues {
  readonly STATE_URL: StoreLocation;
  readonly STATE_TOKEN: string | null;
  readonly STATE_NAMESPACE: string | null;
  readonly STATE_DEADLINE_MS: number | null;
  readonly STATE_FALLBACK: "local" | "closed";
  readonly STATE_MAX_SKEW_MS: number;
  readonly EXPECTED_INSTANCES: number;
}

export const STORE: Table<StoreValues> = {
  STATE_URL: {
    group: "store",
    default: "memory:",
    description:
      "`memory:` (one instance), `redis://user:password@host:port` or `rediss://`, `redis+cluster://host,host`, `redis+sentinel://host,host/master`, `redis+unix:///path`, `upstash:https://host` with `STATE_TOKEN`, `deno-kv:` or `deno-kv:PATH`, `durable-object:`",
    secret: "url",
    schema: storeLocation,
  },
  STATE_TOKEN: {
    group: "store",
    default: null,
    otherwise: "none; needed by `upstash:`",
    description: "Bearer token of the REST store",
    secret: "whole",
    schema: word("a token without blanks, at most 512 characters", 512),
  },
  STATE_NAMESPACE: {
    group: "store",
    inCode: ["namespace", "text"],
    default: null,
    otherwise: "app name, `APP_ENV` and a mark of the database's address, such as `tidegate-development-0h8zc3k`",
    description:
      "Keeps applications apart that share one store. Set it where instances of one application reach the database at different addresses",
    schema: matching("up to 80 letters, digits and . _ -", /^[\w.-]{1,80}$/),
  },
  STATE_DEADLINE_MS: {
    group: "store",
    inCode: ["state.deadlineMs", "number"],
    default: null,
    otherwise: "250; 1000 over REST and for Durable Objects, by the store that is given",
    description: "Longest a call to the store may take before the instance goes on without it",
    schema: integer("milliseconds", 1, 60_000),
  },
  STATE_FALLBACK: {
    group: "store",
    inCode: ["state.fallback", "text"],
    default: "local",
    description: "While the store is away: `local` works within a share of the capacity, `closed` grants nothing",
    schema: choice(["local", "closed"]),
  },
  STATE_MAX_SKEW_MS: {
    group: "store",
    inCode: ["state.maxSkewMs", "number"],
    default: "1000",
    description: "How far clocks may differ where the store has none of its own (`deno-kv:`)",
    schema: integer("milliseconds", 0, 3_600_000),
  },
  EXPECTED_INSTANCES: {
    group: "store",
    inCode: ["state.expectedInstances", "number"],
    default: "1",
    description:
      "How many instances there are at most: decides each one's share while the store is away, and when it begins empty",
    // The gate keeps as many sessions and no more.
    schema: integer("instances", 1, 16_384),
  },
};
