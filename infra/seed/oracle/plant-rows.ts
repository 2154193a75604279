/**
 * The plant's rows, made where their SQL is known to be right: in an embedded PostgreSQL, range by range, to be copied
 * into a database that cannot run that SQL. So they are the same in both, and only written once.
 */
import { PGlite } from "@electric-sql/pglite";
import { type LotRange, schemaStatements, seedStatements } from "../statements.ts";

export interface Column {
  readonly name: string;
  /** PostgreSQL's name of its type. */
  readonly type: "integer" | "bigint" | "character varying" | "timestamp with time zone";
  /** In characters; null where the type has none. */
  readonly maxLength: number | null;
}

export interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
}

export type Cell = string | number | Date | null;

export interface PlantRows {
  /** What is the same at every scale: routes, products, reasons. */
  reference(): Promise<Table[]>;
  /** The lots of a range and all that happened to them. */
  lots(range: LotRange): Promise<Table[]>;
  close(): Promise<void>;
}

/** In the order in which foreign keys let them be filled. */
const REFERENCE = ["routes", "products", "operations", "equipment", "hold_reasons", "reject_causes"];
const MOVING = ["lots", "lot_events", "holds", "rejects", "lot_genealogy"];
/** Every table of the plant, in that order. */
export const TABLES: readonly string[] = [...REFERENCE, ...MOVING];

export async function plantRows(): Promise<PlantRows> {
  const database = await PGlite.create();
  for (const text of schemaStatements()) await database.exec(text);

  async function table(name: string): Promise<Table> {
    const { rows: columns } = await database.query<Column>(
      `select column_name as name, data_type as type, character_maximum_length as "maxLength"
       from information_schema.columns where table_schema = 'fab' and table_name = $1 order by ordinal_position`,
      [name],
    );
    // By the first column, which is each table's key, so that the copy does not depend on how rows happen to lie.
    const { rows } = await database.query<Cell[]>(`select * from fab.${name} order by 1`, [], { rowMode: "array" });
    return { name, columns, rows };
  }
  async function all(names: readonly string[]): Promise<Table[]> {
    const tables: Table[] = [];
    for (const name of names) tables.push(await table(name));
    return tables;
  }

  return {
    reference: () => all(REFERENCE),
    lots: async (range) => {
      await database.exec(`truncate ${MOVING.map((name) => `fab.${name}`).join(", ")}`);
      await database.exec(`begin; ${seedStatements(range)}; commit`);
      return all(MOVING);
    },
    close: () => database.close(),
  };
}
