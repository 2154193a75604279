/** The tables of values and binds, in the form in which node-oracledb takes them. */
import oracledb from "oracledb";
import type { Bind } from "./binds.ts";
import { asUtc, toNumber } from "./values.ts";

/** How each column is fetched; undefined: as the driver does by default. */
export function fetchTypes(column: oracledb.Metadata<unknown>): oracledb.FetchTypeResponse | undefined {
  switch (column.dbType) {
    case oracledb.DB_TYPE_NUMBER:
      // As text: the driver's own numbers lose digits.
      return { type: oracledb.DB_TYPE_VARCHAR, converter: converter((text: string | null) => toNumber(text, column)) };
    case oracledb.DB_TYPE_DATE:
    case oracledb.DB_TYPE_TIMESTAMP:
      return { converter: converter(asUtc) };
    case oracledb.DB_TYPE_CLOB:
      return { type: oracledb.DB_TYPE_VARCHAR };
    case oracledb.DB_TYPE_NCLOB:
      return { type: oracledb.DB_TYPE_NVARCHAR };
    case oracledb.DB_TYPE_BLOB:
      return { type: oracledb.DB_TYPE_RAW };
    default:
      return undefined;
  }
}

/** The driver's types let a converter choose no type of its argument, which is that of the column. */
function converter<Value>(convert: (value: Value) => unknown): NonNullable<oracledb.FetchTypeResponse["converter"]> {
  return convert as NonNullable<oracledb.FetchTypeResponse["converter"]>;
}

/** Dates with their zone, whatever the database's own is; what is no finite number as the only type that holds it. */
export function bindFor(bind: Bind): oracledb.BindParameter | string | number | null {
  if (bind instanceof Date) return { val: bind, type: oracledb.DB_TYPE_TIMESTAMP_TZ };
  if (bind instanceof Uint8Array) return { val: Buffer.from(bind), type: oracledb.DB_TYPE_RAW };
  if (typeof bind === "number" && !Number.isFinite(bind)) return { val: bind, type: oracledb.DB_TYPE_BINARY_DOUBLE };
  return bind;
}
