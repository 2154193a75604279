/**
 * node-oracledb in its thin mode. Every option is given with every call: an application that uses the driver for
 * itself may have changed the global ones.
 */
import oracledb from "oracledb";
import { databaseError } from "../failure.ts";
import type { Dialled, DialRequest, Session } from "./session.ts";
import { dialling } from "./sockets.ts";
import { bindFor, fetchTypes } from "./types.ts";
import { toRows } from "./values.ts";

/** Rows of one round trip: two or three for most reports, some hundred kilobytes each. */
const ROWS_PER_FETCH = 500;
/** More do not fit the memory of an instance that serves others beside; such a statement is refused, not cut short. */
const MAX_ROWS = 1_000_000;

const OPTIONS: oracledb.ExecuteOptions = {
  autoCommit: true,
  outFormat: oracledb.OUT_FORMAT_ARRAY,
  resultSet: false,
  fetchArraySize: ROWS_PER_FETCH,
  prefetchRows: ROWS_PER_FETCH,
  maxRows: MAX_ROWS + 1,
  fetchTypeHandler: fetchTypes,
  fetchInfo: {},
};

/** @throws Error when the application has switched the driver to thick mode, whose sockets cannot be cut. */
export async function dial(request: DialRequest): Promise<Dialled> {
  if (!oracledb.thin) {
    throw new Error(
      "oracle: node-oracledb's thin mode is needed, it was switched to thick mode; do not call initOracleClient()",
    );
  }
  const { timeoutMs, applicationName, ...login } = request;
  // Whole seconds, or the driver refuses them; our own bound is the exact one.
  const timeoutSeconds = Math.ceil(timeoutMs / 1_000);
  const { opened, cut } = dialling(() =>
    oracledb.getConnection({
      ...login,
      program: applicationName,
      connectTimeout: timeoutSeconds,
      transportConnectTimeout: timeoutSeconds,
    } as oracledb.ConnectionAttributes),
  );
  return { session: opened.then(sessionOf), cut };
}

function sessionOf(connection: oracledb.Connection): Session {
  // Its timer would not wait for an answer that has arrived to be read, and its break, once that was, hits what comes next.
  connection.callTimeout = 0;
  let cursor: oracledb.ResultSet<unknown[]> | undefined;

  return {
    execute: async (text, binds, autoCommit) => {
      const options = { ...OPTIONS, autoCommit };
      const { rows = [], metaData = [] } = await connection.execute<unknown[]>(text, binds.map(bindFor), options);
      if (rows.length > MAX_ROWS) throw databaseError("statement", new Error(`more than ${MAX_ROWS} rows`));
      return toRows(
        metaData.map(({ name }: { readonly name: string }) => name),
        rows,
      );
    },
    openCursor: async (text, binds, batchRows) => {
      const { resultSet } = await connection.execute<unknown[]>(text, binds.map(bindFor), {
        ...OPTIONS,
        autoCommit: false,
        resultSet: true,
        fetchArraySize: batchRows,
        prefetchRows: batchRows,
        maxRows: 0,
      });
      if (resultSet === undefined) throw databaseError("statement", new Error("stream: a query is needed"));
      cursor = resultSet;
    },
    nextRows: async (batchRows) => {
      if (cursor === undefined) return [];
      const rows = await cursor.getRows(batchRows);
      return toRows(
        cursor.metaData.map(({ name }: { readonly name: string }) => name),
        rows,
      );
    },
    closeCursor: async () => {
      const open = cursor;
      cursor = undefined;
      await open?.close();
    },
    commit: () => connection.commit(),
    rollback: () => connection.rollback(),
    interrupt: () => connection.break(),
    healthy: () => connection.isHealthy(),
    inTransaction: () => connection.transactionInProgress === true,
    close: () => connection.close({ drop: true }),
  };
}
