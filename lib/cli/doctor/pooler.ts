/**
 * Whether a pooler stands before PostgreSQL, and `DB_POOLER` says so. A server announces the process that serves a
 * connection, for cancelling; a pooler announces something of its own, and has any process serve it.
 */
import type { Config } from "../../config.ts";
import { parsePostgresUrl } from "../../database/postgres/address.ts";
import type { Runtime } from "../../runtime.ts";
import { withDeadline } from "../../time.ts";
import { type Check, fail, ok, warn } from "./check.ts";

const ABOUT = "pooler";
const REMEDY = "set DB_POOLER=transaction";
/** A pooler has its clients wait, for minutes, where it has no connection left. */
const SECOND_CLIENT_MS = 1_000;
/** A pooler that takes its connections in turn gives the same one again soon. */
const LOOKS = 3;

interface Serving {
  /** Null where the server says nothing of it. */
  readonly announced: number | null;
  readonly served: number;
}

interface Client {
  /** @throws Error where no answer comes in time. */
  serving(withinMs: number): Promise<Serving>;
  end(): Promise<void>;
}

/** Where it cannot be told, `isBetween` is what `DB_POOLER` says. */
export interface PoolerFound {
  readonly isBetween: boolean;
  readonly check: Check;
}

/** On connections of its own, one at a time unless there is a pooler. Never rejects where `postgres` can be loaded. */
export async function lookForPooler(url: string, { pool }: Config, runtime: Runtime): Promise<PoolerFound> {
  const isSaid = pool.pooler === "transaction";
  const one = await connect(url, pool, runtime);
  try {
    const { announced, served } = await one.serving(pool.connectTimeoutMs);
    if (announced === null) {
      const check = ok(ABOUT, "cannot be told: the server does not announce who serves a connection");
      return { isBetween: isSaid, check };
    }
    if (announced === served) return { isBetween: false, check: absent(isSaid) };
    if (isSaid) return { isBetween: true, check: ok(ABOUT, "in between, as DB_POOLER says") };
    return { isBetween: true, check: unsaid(await sharesServers(one, url, pool, runtime)) };
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    const check = warn(ABOUT, `could not be looked at: ${found}`, "ask again while the role has a connection to spare");
    return { isBetween: isSaid, check };
  } finally {
    await one.end();
  }
}

function absent(isSaid: boolean): Check {
  if (!isSaid) return ok(ABOUT, "nothing in between");
  return ok(ABOUT, "none to be seen: if there is none, DB_POOLER costs each statement two round trips");
}

function unsaid(shares: boolean): Check {
  if (shares)
    return fail(
      ABOUT,
      "in between, with a connection of the server for several clients: they meet each other's sessions",
      REMEDY,
    );
  return warn(ABOUT, "in between, with a connection of the server for each client as far as can be seen", REMEDY);
}

/** Whether two clients that are both connected have had the same process. */
async function sharesServers(one: Client, url: string, pool: Config["pool"], runtime: Runtime): Promise<boolean> {
  const other = await connect(url, pool, runtime);
  try {
    for (let look = 0; look < LOOKS; look += 1) {
      const [first, second] = [await one.serving(SECOND_CLIENT_MS), await other.serving(SECOND_CLIENT_MS)];
      if (first.served === second.served) return true;
    }
    return false;
  } catch {
    // One that waits for the other to leave shares nothing with it.
    return false;
  } finally {
    await other.end();
  }
}

async function connect(url: string, pool: Config["pool"], runtime: Runtime): Promise<Client> {
  const { default: postgres } = await import("postgres");
  const { server, settings } = parsePostgresUrl(url);
  const sql = postgres({
    ...server(),
    max: 1,
    // Nothing prepared, no types asked for: two clients may be given one connection by turns.
    prepare: false,
    fetch_types: false,
    connect_timeout: pool.connectTimeoutMs / 1_000,
    onnotice: () => {},
    connection: { application_name: pool.applicationName, ...settings },
  });
  return {
    serving: async (withinMs) => {
      const query = sql.unsafe<{ served: number }[]>("select pg_backend_pid() as served");
      const rows = await withDeadline(Promise.resolve(query), {
        ms: withinMs,
        runtime,
        refuse: () => new Error(`no answer within ${withinMs} ms`),
      });
      // As the driver keeps it for cancelling; its types know something else by this name.
      const { pid = null } = (rows as unknown as { state: { pid?: number | null } | null }).state ?? {};
      return { announced: pid, served: rows[0]?.served ?? 0 };
    },
    end: () => sql.end({ timeout: 0 }).catch(() => {}),
  };
}
