/**
 * One text, read as often as it was encoded: percent-codes of URLs, backslashes of JSON, entities of HTML, colours of a
 * terminal are undone one layer at a time. So rules know plain text alone, and what they find is led back to where it stands in the original.
 */

/** JSON within JSON within JSON, and a URL encoded twice within that. */
const MAX_LAYERS = 4;
/** What is undone of one text: far more than an honest line has, and done in little time. */
const MAX_CODES = 65_536;

/**
 * What stands for a character of ASCII, or is not seen: colours, and characters without a width. Others need no decoding:
 * no rule asks for them.
 */
const CODES = new RegExp(
  [
    "%[0-7][0-9a-f]",
    "\\\\(?:(?:u00|x)[0-7][0-9a-f]|[\"'`\\\\/nrt])",
    "&(?:amp|lt|gt|quot|apos|#(?:x[2-7][0-9a-f]|3[2-9]|[4-9]\\d|1[0-2]\\d));",
    "\\u001b\\[[\\d;]{0,24}m|[\\u200b-\\u200d\\u2060\\ufeff\\uff1a\\uff1d]",
  ].join("|"),
  "gi",
);
const NAMED: Readonly<Record<string, string>> = {
  "\\n": "\n",
  "\\r": "\r",
  "\\t": "\t",
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&apos;": "'",
  "：": ":",
  "＝": "=",
};

export interface View {
  readonly text: string;
  /** Where in the original the character at `index` begins. */
  readonly originOf: (index: number) => number;
  /** Whether the last layer has changed anything from `from` to before `to`: else an earlier view has shown the same. */
  readonly isNew: (from: number, to: number) => boolean;
}

/**
 * The text as it is, then without one layer of encoding, without two…
 *
 * @param giveUp called with the place from which on the text has too many codes to be read any further
 */
export function* viewsOf(text: string, giveUp: (from: number) => void): Generator<View> {
  const bound: Bound = { codes: MAX_CODES, giveUp };
  let view: View | null = { text, originOf: (index) => index, isNew: () => true };
  for (let layer = 0; view !== null && layer <= MAX_LAYERS; layer++) {
    yield view;
    view = decoded(view, bound);
  }
}

interface Bound {
  codes: number;
  readonly giveUp: (from: number) => void;
}

/** Lines without a code are left out: the view before has shown them as they are. */
function decoded({ text, originOf }: View, bound: Bound): View | null {
  /** Where the view and the text before part, and by how much all up to there have shortened it. */
  const places: number[] = [];
  const shortened: number[] = [];
  let result = "";
  let copied = 0;
  let shorter = 0;
  let lineEnd = -1;
  const leave = (count: number) => {
    places.push(result.length);
    shorter += count;
    shortened.push(shorter);
  };
  CODES.lastIndex = 0;
  for (let match = CODES.exec(text); match !== null; match = CODES.exec(text)) {
    const { 0: code, index } = match;
    if (bound.codes-- <= 0) {
      bound.giveUp(originOf(index));
      break;
    }
    if (lineEnd < copied) lineEnd = endOfLine(text, copied);
    if (lineEnd <= index) {
      // The line feed stays, so that a place on either side of the gap is led back to its own side.
      const feed = text.lastIndexOf("\n", index);
      const kept = places.length === 0 ? copied : Math.min(lineEnd, feed);
      result += text.slice(copied, kept);
      leave(feed - kept);
      copied = feed;
    }
    result += text.slice(copied, index);
    const character = characterOf(code);
    leave(code.length - character.length);
    result += character;
    copied = index + code.length;
  }
  if (places.length === 0) return null;
  return {
    text: result + text.slice(copied, endOfLine(text, copied)),
    originOf: (index) => originOf(index + (shortened[countBelow(places, index) - 1] ?? 0)),
    isNew: (from, to) => countBelow(places, from) < countBelow(places, to),
  };
}

/** Behind the line feed that ends the line at `from`. */
function endOfLine(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end + 1;
}

function characterOf(code: string): string {
  const named = NAMED[code.toLowerCase()];
  if (named !== undefined) return named;
  if (/^[^%\\&]/.test(code)) return "";
  const [, digits, decimal] = /^(?:%|\\[ux]|&#x)([\da-f]+)|^&#(\d+)/i.exec(code) ?? [];
  if (digits !== undefined) return String.fromCharCode(Number.parseInt(digits, 16));
  return decimal === undefined ? code.charAt(1) : String.fromCharCode(Number(decimal));
}

/** How many of the rising `places` are below `limit`. */
function countBelow(places: readonly number[], limit: number): number {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((places[middle] ?? 0) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
