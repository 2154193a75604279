/** The package has no types of its own, and those of others are not installed. */
declare module "pg-cursor" {
  import type { Submittable } from "pg";

  export default class Cursor<Row = Record<string, unknown>> implements Submittable {
    constructor(text: string, values?: readonly unknown[]);
    submit: Submittable["submit"];
    read(rows: number): Promise<Row[]>;
    close(): Promise<void>;
  }
}
