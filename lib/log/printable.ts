/** Texts that others wrote, where people read them: on a terminal or in a log that somebody follows. */

/**
 * What moves the cursor, begins an escape sequence, ends a line, turns the direction of writing round, or is not seen:
 * controls (C0, DEL, C1), formats (bidi, zero width, tags), the separators of Unicode, halves of a pair.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

/** Loses nothing, and within JSON it is the same text: each such character as its `\\u` code. */
export function escaped(text: string): string {
  return text.replace(UNSAFE, (found) =>
    Array.from({ length: found.length }, (_, at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, "0")}`).join(
      "",
    ),
  );
}

/** For a line that people read: a blank in the place of each run of them. */
export function blanked(text: string): string {
  return text.replace(UNSAFE, "\u0000").replace(/\0+/g, " ");
}
