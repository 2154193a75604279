/** What a statement's text tells a trace: what it does, and its words without the values that stand in it. */
import { render, type Statement } from "../database/sql.ts";

export interface StatementText {
  /** Its first keyword, such as `SELECT`; undefined where there is none. */
  readonly operation: string | undefined;
  readonly text: string;
}

/** Beyond it a text is cut off: lists of a thousand places say nothing more. */
const LONGEST_CHARACTERS = 4_000;
/** As many distinct texts as a driver prepares on a connection. */
const MOST_KNOWN = 256;

/** Blanks, comments and brackets stand before it. */
const FIRST_KEYWORD = /^(?:\s|\(|--[^\n]*(?:\n|$)|\/\*(?:[^*]|\*(?!\/))*\*\/)*([a-z]{2,20})\b/is;

const cut = (text: string): string =>
  text.length <= LONGEST_CHARACTERS ? text : `${text.slice(0, LONGEST_CHARACTERS)}…`;

const operationIn = (text: string): string | undefined => FIRST_KEYWORD.exec(text)?.[1]?.toUpperCase();

/** Of those that stand in a program as they are. */
const written = new WeakMap<Statement["texts"], StatementText>();

/** A statement of `sql`: its values are apart from its text, which only who has written the program can have filled. */
export function textOfStatement(statement: Statement): StatementText {
  const found = written.get(statement.texts);
  if (found) return found;
  const text = render(statement, (position) => `$${position}`).trim();
  const made = { operation: operationIn(text), text: cut(text) };
  written.set(statement.texts, made);
  return made;
}

/**
 * What may be a value in a text that somebody has put together: quoted texts, those between dollars, and numbers; and
 * names in quotes, which may have such a quote in them. A text that is broken off is one to its end.
 */
const LITERALS =
  /"(?:[^"]|"")*(?:"|$)|\b[eE]'(?:[^'\\]|\\.|'')*(?:'|$)|'(?:[^']|'')*(?:'|$)|\$([a-z_]\w*)?\$.*?(?:\$\1\$|$)|(?<![\w$.])\.?\d[\w.]*|--[^\n]*|\/\*.*?(?:\*\/|$)/gis;

/** Comments in comments, and quotes behind a backslash, which end a text or not by a setting of the server. */
const DOUBTFUL = /\/\*(?:(?!\*\/).)*\/\*|\\'/s;

function withoutLiterals(text: string): string {
  // Where nobody knows what is a value, nothing behind the first quote or comment is told.
  const known = DOUBTFUL.test(text) ? text.slice(0, text.search(/'|\/\*|\$/)) : text;
  return known
    .replace(LITERALS, (part) =>
      part.startsWith('"') ? part : part.startsWith("--") || part.startsWith("/*") ? "" : "?",
    )
    .trim();
}

const known = new Map<string, StatementText>();

/** A text of somebody else's driver: nobody knows what was written into it, so no literal of it is told. */
export function textOfOthers(whole: string): StatementText {
  const found = known.get(whole);
  if (found) return found;
  const text = cut(whole);
  const made = { operation: operationIn(text), text: withoutLiterals(text) };
  // What is long is mostly values, and another one each time.
  if (whole.length > LONGEST_CHARACTERS) return made;
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(whole, made);
  return made;
}
