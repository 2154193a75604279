/** Texts of callers may hold what is no Unicode (half of a pair), which UTF-8 would lose: those travel as JSON. */

const PLAIN = "=";
const ESCAPED = '"';

/** One text, one spelling; it comes back from {@link fromText} as it was. */
export const toText = (text: string): string => (text.isWellFormed() ? `${PLAIN}${text}` : JSON.stringify(text));

export const fromText = (text: string | undefined): string =>
  text?.startsWith(ESCAPED) ? (JSON.parse(text) as string) : (text?.slice(1) ?? "");
