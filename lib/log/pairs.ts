/**
 * Masks the value in `password=…`, `"token": "…"`, `Authorization: …`, `--api-key …` and their like. The name decides
 * (`field-names`); where the value's end cannot be found, all that follows is masked.
 */
import { fillsLine, SUFFIXES, sensitivityOf } from "./field-names.ts";
import { harmless, masked, matchAt, type Pattern, type Span } from "./scan.ts";

/** How a name ends that `sensitivityOf` may call secret: what precedes is read only where this matches. */
const NAME_END =
  "(?:pass(?:word|wd|phrase|code)?s?|passwords|pwd|secrets?|tokens?|authori[sz]ation|credentials?|cookies?|jwt|bearer|" +
  "(?:api|access|account|admin|auth|deploy|encryption|hmac|master|private|secret|service|session|shared|signing|ssh|storage|webhook)[-_. ]?keys?)" +
  `(?:[-_.]?(?:${SUFFIXES.join("|")}))?(?:[-_]?\\d{1,4})?`;
/** What may close a name (a quote, a bracket), and what stands between it and its value. */
const BETWEEN = "(?:\\\\{0,8}[\"'`])?\\]?[ \\t]{0,32}(?:=>|:=|={1,3}|:(?!:|//)|>)[ \\t]{0,32}";

/** Backwards from a place: what of a name precedes it. */
const NAME_BEFORE = /(?<=([\w.-]{0,160}))/y;
/** The beginning of an XML tag, with its namespace. */
const TAG_BEFORE = /<(?:[\w.-]{1,64}:)?$/;
const OPENING_QUOTE = /\\{0,8}["'`]/y;
/** Ends at a blank, and at punctuation with which the surrounding text goes on. */
const BARE = /(?:[^\s,;&|)}\]"'`<>]+|(?!<\/)[,;&|)}\]"'`<>](?![\s,;&|)}\]"'`<>\\]|$|[\w.%[\]-]{1,64}[=:]))+/y;
const LINE = /(?:[^\r\n\\"'`]+|["'`](?![\s,;)}\]]|$))+/y;

const QUERY = /[^\s&#"<>`\\]+/y;

/** Stands for a value, or says that there is none. */
const PLACEHOLDER =
  /^(?:\$\d{1,3}|\?|%s|[@:]\w{1,64}|\$?\{\{?[\w .-]{0,64}\}?\}|\*{3,}|null|nil|none|undefined|true|false|string|number|boolean|required|missing|invalid|expired)$/i;
/** SQL around it, no value: a function called, or the column that it is compared with. */
const EXPRESSION =
  /^(?:(?:any|all|coalesce|crypt|decode|digest|encode|hmac|lower|md5|sha256|upper)\(|\w{1,64}\.(?:\w{0,64}_)?(?:password|secret|token)$)/i;
const NUMBER = /^-?\d+(?:\.\d+)?%?$/;
const LONGEST_HARMLESS = 160;

export const pairs: Pattern = {
  begins: new RegExp(`${NAME_END}${BETWEEN}`, "gi"),
  spanOf: (text, match) => {
    const start = match.index;
    const end = start + match[0].length;
    NAME_BEFORE.lastIndex = start;
    const before = NAME_BEFORE.exec(text)?.[1] ?? "";
    const name = before + (/^[\w.-]+(?: keys?)?/i.exec(match[0])?.[0] ?? "");
    const nameStart = start - before.length;
    const sign = match[0].trimEnd().slice(-2);
    // Greater than, unless it ends a tag.
    if (/[^=]>$/.test(sign) && !TAG_BEFORE.test(text.slice(Math.max(0, nameStart - 66), nameStart)))
      return harmless(match);
    const opening = text.charAt(nameStart - 1);
    const isQuery = /[?&]/.test(opening) && sign.endsWith("=");
    return (isQuery ? querySpan(text, name, end) : valueSpan(text, name, end)) ?? harmless(match);
  },
};

export const flags: Pattern = {
  begins: new RegExp(`(?<![\\w.-])--?[\\w-]{0,64}?${NAME_END}[ \\t]{1,32}(?![-=:])`, "gi"),
  spanOf: (text, match) => valueSpan(text, match[0].trim(), match.index + match[0].length) ?? harmless(match),
};

/** In a query only `&` and `#` separate; what closes the text around the URL is left. */
function querySpan(text: string, name: string, at: number): Span | null {
  const sensitivity = sensitivityOf(name);
  const written = matchAt(QUERY, text, at).replace(/['),.;\]}]{1,3}$/, "");
  if (sensitivity === "plain" || written === "") return null;
  const to = at + written.length;
  return isHarmless(written.slice(0, LONGEST_HARMLESS), name, sensitivity)
    ? { from: at, to, masked: false }
    : masked(at, to);
}

function valueSpan(text: string, name: string, at: number): Span | null {
  const sensitivity = sensitivityOf(name);
  if (sensitivity === "plain") return null;
  const quote = matchAt(OPENING_QUOTE, text, at);
  if (quote !== "") {
    const from = at + quote.length;
    const to = closingQuote(text, from, quote);
    return to === from ? null : masked(from, to);
  }
  const to = bareEnd(text, name, at);
  const written = text.slice(at, Math.min(to, at + LONGEST_HARMLESS));
  return to === at || isHarmless(written, name, sensitivity) ? { from: at, to, masked: false } : masked(at, to);
}

function isHarmless(value: string, name: string, sensitivity: "secret" | "countable"): boolean {
  if (sensitivity === "countable" && NUMBER.test(value)) return true;
  // The shell's working directory shares its name with a short form of "password".
  if (/^(?:OLD)?PWD$/.test(name) && value.startsWith("/")) return true;
  return PLACEHOLDER.test(value) || EXPRESSION.test(value);
}

function bareEnd(text: string, name: string, at: number): number {
  if (text[at] === "{" || text[at] === "[") return closingBracket(text, at);
  return at + matchAt(fillsLine(name) ? LINE : BARE, text, at).length;
}

/** Where a text ends that began with `opening`: at the same quote under no more backslashes. The end, if nowhere. */
function closingQuote(text: string, from: number, opening: string): number {
  const quote = opening.slice(-1);
  const depth = opening.length - 1;
  for (let at = text.indexOf(quote, from); at >= 0; at = text.indexOf(quote, at + 1)) {
    let backslashes = 0;
    while (at - backslashes > from && text[at - backslashes - 1] === "\\") backslashes++;
    const closes = depth === 0 ? backslashes % 2 === 0 : backslashes <= depth;
    if (closes) return at - Math.min(backslashes, depth);
  }
  return text.length;
}

function closingBracket(text: string, at: number): number {
  let depth = 0;
  for (let index = at; index < text.length; index++) {
    const character = text[index];
    if (character === "{" || character === "[") depth++;
    else if (character === "}" || character === "]") depth--;
    if (depth === 0) return index + 1;
  }
  return text.length;
}
