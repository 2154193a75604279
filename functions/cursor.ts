/**
 * Paging by position: a cursor names the last row of a page by its time and id, and the next page begins behind it.
 *
 * Page numbers would make the database count off all rows before them, and show a row twice when another is added in
 * between; a position costs the same on every page. Clients treat the text as opaque.
 */
import * as v from "valibot";
import { millisecondsOf } from "./range.ts";

export interface Position {
  readonly at: string;
  readonly id: string;
}

const EXPECTED = "must be the next_cursor of an earlier answer";
const SHAPE = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z)~(\d{1,18})$/;

/** The query parameter. */
export function cursor(): v.GenericSchema<string | undefined, Position | undefined> {
  return v.optional(
    v.pipe(
      v.string(EXPECTED),
      v.maxLength(80, EXPECTED),
      v.check((text) => read(text) !== undefined, EXPECTED),
      v.transform(read),
    ),
  );
}

/** A page and where the next one begins; `rows` holds one row more than the page if there is a next one. */
export function page<Row>(
  rows: readonly Row[],
  limit: number,
  position: (row: Row) => { at: Date; id: string },
): { rows: Row[]; next: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  if (rows.length <= limit || last === undefined) return { rows: shown, next: null };
  const { at, id } = position(last);
  return {
    rows: shown,
    next: btoa(`${at.toISOString()}~${id}`).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", ""),
  };
}

function read(text: string): Position | undefined {
  try {
    const [, at, id] = SHAPE.exec(atob(text.replaceAll("-", "+").replaceAll("_", "/"))) ?? [];
    return at === undefined || id === undefined || millisecondsOf(at) === undefined ? undefined : { at, id };
  } catch {
    return undefined;
  }
}
