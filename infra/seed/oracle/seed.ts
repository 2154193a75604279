/** The seed's connection to a real Oracle, by node-oracledb. */
import oracledb from "oracledb";
import type { OracleAddress } from "../../../lib/database/oracle/address.ts";
import type { Loaded, LoadOptions } from "../load.ts";
import { loadOracle, type OracleSeat } from "./load.ts";
import { type Column, plantRows } from "./plant-rows.ts";

const CONNECT_TIMEOUT_SECONDS = 10;
/** Of a character in UTF-8, in which Oracle counts the size of a bind. */
const MAX_BYTES_PER_CHARACTER = 4;

export async function seedOracle(target: OracleAddress, options: LoadOptions): Promise<Loaded> {
  const { user, password, connectString } = target;
  const connection = await oracledb.getConnection({
    user,
    password,
    connectString,
    connectTimeout: CONNECT_TIMEOUT_SECONDS,
    transportConnectTimeout: CONNECT_TIMEOUT_SECONDS,
  } as oracledb.ConnectionAttributes);
  try {
    const plant = await plantRows();
    try {
      return await loadOracle(seatOn(connection), plant, options);
    } finally {
      await plant.close();
    }
  } finally {
    await connection.close();
  }
}

function seatOn(connection: oracledb.Connection): OracleSeat {
  return {
    query: async (text) => {
      const { rows } = await connection.execute<unknown[]>(text, [], { outFormat: oracledb.OUT_FORMAT_ARRAY });
      return rows ?? [];
    },
    insertMany: async (text, rows, columns) => {
      // Not one batch may end half done: the range is one transaction.
      await connection.executeMany(
        text,
        rows.map((row) => [...row]),
        { autoCommit: false, batchErrors: false, bindDefs: columns.map(bindDefinition) },
      );
    },
    commit: () => connection.commit(),
  };
}

function bindDefinition({ type, maxLength }: Column): oracledb.BindDefinition {
  switch (type) {
    case "integer":
    case "bigint":
      return { type: oracledb.DB_TYPE_NUMBER };
    case "character varying":
      return { type: oracledb.DB_TYPE_VARCHAR, maxSize: (maxLength ?? 1) * MAX_BYTES_PER_CHARACTER };
    case "timestamp with time zone":
      return { type: oracledb.DB_TYPE_TIMESTAMP_TZ };
  }
}
