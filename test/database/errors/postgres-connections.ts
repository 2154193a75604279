/** Every way in which a connection is not to be had, or not to be kept: real servers, and sockets that misbehave. */
import postgresJs from "postgres";
import type { DatabaseError } from "../../../lib/database/port.ts";
import { toPostgresError } from "../../../lib/database/postgres/errors.ts";
import type { PostgresOptions } from "../../../lib/database/postgres/postgres.ts";
import { sql } from "../../../lib/database/sql.ts";
import { type Conditions, execution } from "../../support/execution.ts";
import type { PostgresServer } from "../../support/postgres.ts";
import { type PostgresScene, runtime } from "../../support/postgres-scene.ts";
import { eventually } from "../../support/processes.ts";
import { proxyTo, silentServer } from "../../support/tcp.ts";
import { type RowCases, row, thrown } from "./case.ts";

const run = (conditions: Conditions = {}) => execution(runtime, conditions);
const LONG = sql`select pg_sleep(9)`;

/** `guarded` checks passwords and has a certificate that nobody knows. */
export function connectionRows(scene: PostgresScene, guarded: () => PostgresServer): RowCases[] {
  const { server, database, behind, seen } = scene;
  const at = (url: string, options: PostgresOptions = {}) =>
    thrown(database({}, options, url).query(sql`select 1`, run()));
  const to = (user: string, name: string) => `postgres://${user}@127.0.0.1:${server().port}/${name}`;

  /** One place, which is taken. */
  async function crowded(prepare: string, url: string): Promise<DatabaseError> {
    await server().query(prepare);
    const db = database({ applicationName: "crowd" }, {}, url);
    const abort = new AbortController();
    const first = thrown(db.query(LONG, run({ signal: abort.signal })));
    await eventually("the first is in", async () => (await seen("crowd", "state = 'active'")) === 1);
    // Another instance: who has a connection waits for it to come back.
    const refused = await at(url);
    abort.abort();
    await first;
    await db.close();
    return refused;
  }

  async function crowdedServer(): Promise<DatabaseError> {
    await server().query("drop role if exists guest; create role guest login");
    const crowd = database({ applicationName: "full", poolSize: 9, maxOverflow: 0 });
    const abort = new AbortController();
    const sleeps = Array.from({ length: 9 }, () => thrown(crowd.query(LONG, run({ signal: abort.signal }))));
    await eventually("the crowd is in", async () => (await seen("full", "state = 'active'")) === 9);
    const refused = await at(to("guest", "postgres"));
    abort.abort();
    await Promise.all(sleeps);
    await crowd.close();
    await eventually("there is room again", async () => (await seen("full")) === 0);
    return refused;
  }

  async function inMidQuery(name: string, url: string, end: () => unknown): Promise<DatabaseError> {
    const db = database({ applicationName: name, poolSize: 1, maxOverflow: 0 }, {}, url);
    const failed = thrown(db.query(LONG, run()));
    await eventually("it runs", async () => (await seen(name, "state = 'active' and query like '%sleep%'")) === 1);
    await end();
    return failed;
  }

  return [
    row("refused", "DB_CONNECTION_FAILED", "failure", {
      "a port that nobody listens on": () => at("postgres://tidegate@127.0.0.1:1/postgres"),
    }),
    row("name does not resolve", "DB_CONNECTION_FAILED", "failure", {
      "a host of nobody": () => at("postgres://tidegate@nowhere.invalid/postgres"),
    }),
    row("reset, or another error of the network", "DB_CONNECTION_FAILED", "failure", {
      "a socket that resets in mid-query": async () => {
        const { url, tcp } = await behind(proxyTo(server().port));
        return inMidQuery("reset", url, () => tcp.reset());
      },
      // The driver does not mind the server's "no" and speaks TLS to it all the same.
      "a server without TLS, where it is wanted": () => at(server().url, { ssl: "require" }),
    }),
    row("closed in mid-query", "DB_CONNECTION_FAILED", "failure", {
      "a backend that was terminated": () =>
        inMidQuery("victim", server().url, () =>
          server().query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'victim'"),
        ),
    }),
    row("no answer within the connect timeout", "DB_CONNECTION_FAILED", "failure", {
      "the driver's own, at a socket that accepts and says nothing": async () => {
        const { url } = await behind(silentServer());
        const naive = postgresJs(url, { connect_timeout: 0.2, max: 1 });
        const error = await naive`select 1`.catch((caught: unknown) => caught);
        await naive.end({ timeout: 0 });
        return toPostgresError(error, "connecting");
      },
    }),
    row("certificate or TLS", "DB_CONNECTION_FAILED", "failure", {
      "a certificate that nobody has signed": () => at(guarded().url, { ssl: "verify-full" }),
    }),
    row("too many connections", "DB_POOL_EXHAUSTED", "ignored", {
      "for the server": crowdedServer,
      "for a role": () => {
        const prepare = "drop role if exists few; create role few login connection limit 1";
        return crowded(prepare, to("few", "postgres"));
      },
      "for a database": async () => {
        await server().query("drop database if exists narrow");
        await server().query("create database narrow connection limit 1");
        return crowded("drop role if exists many; create role many login", to("many", "narrow"));
      },
    }),
    row("name or password refused", "DB_CONNECTION_FAILED", "failure", {
      "a wrong password": () => at(guarded().url.replace("tide-secret", "wrong")),
      "nobody of that name": () => at(to("nobody_here", "postgres")),
    }),
    row("no such database", "DB_CONNECTION_FAILED", "failure", {
      "none of that name": () => at(to("tidegate", "nowhere")),
    }),
    row("session ended for another reason", "DB_CONNECTION_FAILED", "failure", {
      "a database that takes nobody": async () => {
        await server().query("drop database if exists shut");
        await server().query("create database shut allow_connections false");
        return at(to("tidegate", "shut"));
      },
      "a role that may not connect": async () => {
        await server().query("drop role if exists outsider; create role outsider login");
        await server().query("revoke connect on database template1 from public");
        return at(to("outsider", "template1"));
      },
    }),
  ];
}
