/**
 * One server for a file of tests, and what they ask of it: databases opened on it, a detour through a misbehaving
 * proxy, and the server's own view of our connections. No test may leave a rejection unhandled.
 */
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import type { Database, DatabaseSettings } from "../../lib/database/port.ts";
import { type PostgresOptions, postgres } from "../../lib/database/postgres/postgres.ts";
import { systemRuntime } from "../../lib/runtime.ts";
import { SETTINGS } from "./execution.ts";
import { type PostgresServer, startPostgres } from "./postgres.ts";
import type { TcpServer } from "./tcp.ts";

/** Shorter than by default, so that tests of it are. */
export const GRACE_MS = 300;
export const runtime = systemRuntime();

export interface PostgresScene {
  readonly server: () => PostgresServer;
  /** Closed when the test is over. */
  database(settings?: Partial<DatabaseSettings>, options?: PostgresOptions, url?: string): Database;
  /** The server's URL by way of `proxy`, which is closed when the test is over. */
  behind(proxy: Promise<TcpServer>): Promise<{ readonly url: string; readonly tcp: TcpServer }>;
  /** How many connections of that application name the server sees, under a condition on `pg_stat_activity`. */
  seen(name: string, where?: string): Promise<number>;
}

/** Call it in a `describe`: it starts the server before the first test and removes it after the last. */
export function postgresScene(serverSettings: Readonly<Record<string, string>>): PostgresScene {
  let server: PostgresServer | undefined;
  const open: Database[] = [];
  const proxies: TcpServer[] = [];
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown): void => {
    unhandled.push(reason);
  };
  const running = (): PostgresServer => {
    if (server === undefined)
      throw new Error("postgres scene: ask for the server in a test, not while they are listed");
    return server;
  };

  beforeAll(async () => {
    process.on("unhandledRejection", onUnhandled);
    server = await startPostgres({ settings: serverSettings });
  });
  afterEach(async () => {
    server?.resume();
    await Promise.all(open.splice(0).map((each) => each.close()));
    await Promise.all(proxies.splice(0).map((each) => each.close()));
    expect(unhandled.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await server?.dispose();
    process.off("unhandledRejection", onUnhandled);
  });

  return {
    server: running,
    database: (settings = {}, options = {}, url = running().url) => {
      const opened = postgres(url, { graceMs: GRACE_MS, ...options }).open({ ...SETTINGS, ...settings }, runtime);
      open.push(opened);
      return opened;
    },
    behind: async (proxy) => {
      const tcp = await proxy;
      proxies.push(tcp);
      return { url: running().url.replace(String(running().port), String(tcp.port)), tcp };
    },
    seen: async (name, where = "true") => {
      const rows = await running().query(
        `select count(*)::int as n from pg_stat_activity where application_name = '${name}' and ${where}`,
      );
      return Number(rows[0]?.n);
    },
  };
}

export async function tookMs(task: Promise<unknown>): Promise<number> {
  const startedAt = runtime.monotonicMs();
  await task.catch(() => {});
  return runtime.monotonicMs() - startedAt;
}
