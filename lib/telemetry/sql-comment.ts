/**
 * Comments by which a database's own tools find the request that a statement was part of. https://google.github.io/sqlcommenter/
 */
import { commented, type Statement } from "../database/sql.ts";
import type { Lane } from "../gate/types.ts";
import { ambientHere } from "./ambient.ts";

/** A value of the format: for a URL, and no quote ends it. */
const escaped = (text: string): string => encodeURIComponent(text.toWellFormed()).replaceAll("'", "\\'");

/** Sorted by name, as the format wants it; null where there is nothing to say. */
export function sqlComment(parts: Readonly<Record<string, string | undefined>>): string | null {
  const said = Object.entries(parts)
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([name, value = ""]) => `${encodeURIComponent(name)}='${escaped(value)}'`)
    .sort();
  return said.length === 0 ? null : `/*${said.join(",")}*/`;
}

/** What is said of every statement: where in the application it was asked, in which lane, and in which trace. */
export function commentOf(lane: Lane, traceparent: string | undefined): string | null {
  return sqlComment({ traceparent, lane, route: ambientHere().route?.() });
}

/** One that has a comment says something to somebody already: a hint of a planner, or the same. */
const HAS_COMMENT = /\/\*|--/;

/** With a comment at its end, unless it has one. */
export function withComment(statement: Statement, comment: string | null): Statement {
  if (comment === null || statement.texts.some((text) => HAS_COMMENT.test(text))) return statement;
  return commented(statement, comment);
}
