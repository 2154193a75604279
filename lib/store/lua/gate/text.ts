/** Texts of callers may hold what is no Unicode (half of a pair), which UTF-8 would lose: those travel as JSON. */

import { fromJson } from "../../../shape.ts";

const PLAIN = "=";
const ESCAPED = '"';

/** One text, one spelling; it comes back from {@link fromText} as it was. */
export const toText = (text: string): string => (text.isWellFormed() ? `${PLAIN}${text}` : JSON.stringify(text));

/** Empty where it is no text of ours. */
export const fromText = (text: string | undefined): string =>
  text?.startsWith(ESCAPED) ? String(fromJson(text) ?? "") : (text?.slice(1) ?? "");
