/** A server that lets nobody in for now, and one that only reads: shut down, recovering, standing by. */
import type { DatabaseError } from "../../../lib/database/port.ts";
import { sql } from "../../../lib/database/sql.ts";
import { execution } from "../../support/execution.ts";
import type { PostgresServer } from "../../support/postgres.ts";
import { type PostgresScene, runtime } from "../../support/postgres-scene.ts";
import { eventually } from "../../support/processes.ts";
import { type RowCases, row, thrown } from "./case.ts";

/** Ends `server`, step by step: the cases run in this order and nothing comes after them. */
export function recoveryRows({ database }: PostgresScene, server: () => PostgresServer): RowCases[] {
  const ask = async (statement = sql`select 1`): Promise<DatabaseError> => {
    const db = database({}, {}, server().url);
    const error = await thrown(db.query(statement, execution(runtime)));
    await db.close();
    return error;
  };
  const isClosed = (error: DatabaseError) => error.vendorCode === "57P03";

  return [
    row("starting up or shutting down", "DB_CONNECTION_FAILED", "failure", {
      "a server that waits for the last of its clients": async () => {
        const last = database({ poolSize: 1, maxOverflow: 0 }, {}, server().url);
        await last.query(sql`select 1`, execution(runtime));
        server().stopWhenIdle();
        const error = await eventually("it closes its doors", async () => {
          const found = await ask().catch(() => undefined);
          return found !== undefined && isClosed(found) && found;
        });
        await last.close();
        return error;
      },
      "a server that recovers": async () => {
        await server().stop();
        server().makeStandby(false);
        await server().start(() => ask().then(isClosed));
        return ask();
      },
    }),
    row("read-only", "DB_QUERY_ERROR", "ignored", {
      "a standby": async () => {
        await server().stop();
        server().makeStandby(true);
        await server().start();
        return ask(sql`create table written ()`);
      },
    }),
  ];
}
