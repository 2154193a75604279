/** Where the value behind a name ends: at its quote, its bracket, its line, its indentation, or the next separator. */
import { fillsLine, isMade, isOpaque, type Sensitivity, sensitivityOf } from "./field-names.ts";
import { masked, matchAt, type Span } from "./scan.ts";

const OPENING_QUOTE = /"""|'''|["'`]/y;
const CHANGE = /["'] -> ["']|["'],[ \t]{0,8}["'](?:new|after)["']:[ \t]{0,8}["']/y;
/** A quote that belongs to an encoded text: the next view will show it as one. */
const ENCODED_QUOTE = /\\+["'`]/y;
/** Ends at a blank, and at punctuation with which the surrounding text goes on. */
const BARE = /(?:[^\s\0,;&|)}\]"'`<>]+|(?!<\/)[,;&|)}\]"'`<>](?![\s,;&|)}\]"'`<>\\]|$|[\w.%[\]-]{1,64}[=:]))+/y;
const LINE = /(?:[^\r\n\\]|\\(?![rn]))+/y;
const QUERY = /[^\s&#"<>`\\]+/y;
const ELEMENT = /[^<]+/y;
const ELEMENT_BEGUN = /[^<]{1,1024}/y;
const LONGEST_BEGUN = 1_024;

/** Stands for a value, or says that there is none. */
const PLACEHOLDER =
  /^(?:\$\d{1,3}|\?|%s|\$?\{\{?[\w .-]{0,64}\}?\}|\*{3,}|null|nil|none|undefined|true|false|yes|no|string|number|boolean|required|optional|missing|invalid|expired|revoked|rotated|unset|disabled|enabled|hidden|redacted)$/i;
/** What was masked before, with what closes the text around it. */
const MASKED = /\*{3}(?=\s?[\]})"'`>]|[,;&]\s?["'\w]|\s[\w-]{1,64}:|\s*$)/my;
/** A shell's variable. */
const VARIABLE = /^\$[A-Z_][A-Z\d_]{0,63}$/;
/** A parameter of SQL, which stands alone or says what it is; any other `@…` may be the beginning of a password. */
const PARAMETER = /^[@:](\w{1,64})$/;
/** SQL around it, no value: a function called, or the column that it is compared with. */
const EXPRESSION =
  /^(?:(?:any|all|coalesce|crypt|decode|digest|encode|hmac|lower|md5|sha256|upper)\(|\w{1,64}\.(?:\w{0,64}_)?(?:password|secret|token)$)/i;
const COLOUR = /\p{Cc}\[[\d;]{0,24}m/gu;
const LATIN = /[!-~]/;
const NUMBER = /^-?\d+(?:\.\d+)?%?$/;
const LONGEST_HARMLESS = 160;
/** How far back a quote is looked for that a header stands in. */
const LOOK_BACK = 2_048;

/** Whether a value under a name of this sensitivity is a secret. */
export function isSecretValue(value: unknown, sensitivity: Sensitivity): boolean {
  if (sensitivity === "likely") {
    const texts = Array.isArray(value) ? value : [value];
    return texts.some((text) => typeof text === "string" && isOpaque(text));
  }
  return sensitivity === "secret" || (sensitivity === "countable" && typeof value !== "number");
}

/** In a query only `&` and `#` separate; what closes the text around the URL is left. */
export function querySpan(text: string, name: string, at: number): Span | null {
  const written = matchAt(QUERY, text, at).replace(/['),.;\]}]{1,3}$/, "");
  return judged(text, name, at, at + written.length);
}

/** A text between quotes, and the one it was changed to, where a plan says so. */
export function quotedSpan(text: string, at: number): Span | null {
  const quote = matchAt(OPENING_QUOTE, text, at);
  if (quote === "") return null;
  const from = at + quote.length;
  let to = closingQuote(text, from, quote);
  const change = matchAt(CHANGE, text, to);
  if (change !== "") to = closingQuote(text, to + change.length, quote);
  return to === from ? null : masked(from, to);
}

/** What no other tag ends is a sentence about the element, or was cut short. */
export function elementSpan(text: string, name: string, at: number): Span | null {
  const begun = matchAt(ELEMENT_BEGUN, text, at);
  const isLong = begun.length === LONGEST_BEGUN;
  if (!isLong && text.charAt(at + begun.length) !== "<" && !isMade(begun.trim())) return null;
  return judged(text, name, at, at + (isLong ? matchAt(ELEMENT, text, at) : begun).length);
}

export function lineSpan(text: string, at: number): Span | null {
  const line = matchAt(LINE, text, at);
  return line === "" ? null : masked(at, at + line.length);
}

/** @param nameAt where the name begins that is to be judged by {@link sensitivityOf} */
export function valueSpan(text: string, name: string, nameAt: number, at: number): Span | null {
  const sensitivity = sensitivityOf(name);
  if (sensitivity === "plain" || matchAt(ENCODED_QUOTE, text, at) !== "") return null;
  const next = text.charAt(at);
  if (/[\r\n|>]/.test(next)) {
    const block = blockSpan(text, nameAt, at);
    if (block !== null || next === "\r" || next === "\n") return block;
  }
  const tagged = taggedSpan(text, name, nameAt, at);
  if (tagged !== null) return tagged;
  if (/["'`]/.test(next)) {
    const span = quotedSpan(text, at);
    return span === null || (sensitivity === "likely" && !isOpaque(text.slice(span.from, span.to))) ? null : span;
  }
  if (next === "[" || (next === "{" && sensitivity !== "likely"))
    return judged(text, name, at, closingBracket(text, at));
  return judged(
    text,
    name,
    at,
    fillsLine(name) ? headerEnd(text, nameAt, name, at) : at + matchAt(BARE, text, at).length,
  );
}

const TAGS = /(?:[&!][\w!./-]{1,64}[ \t]{1,8}){1,4}/y;
/** A list of Go says of what it is one. */
const SLICE = /\[\]\w{1,32}(?=\{)/y;

/** What stands before a value as a part of it: anchors and tags of YAML, and the type of a list. */
function taggedSpan(text: string, name: string, nameAt: number, at: number): Span | null {
  const slice = matchAt(SLICE, text, at);
  if (slice !== "") return judged(text, name, at, closingBracket(text, at + slice.length));
  const tags = matchAt(TAGS, text, at);
  if (tags === "" || /[^\s"'-]/.test(lineBefore(text, nameAt))) return null;
  const span = valueSpan(text, name, nameAt, at + tags.length);
  return span?.masked ? { ...span, from: at } : null;
}

const lineBefore = (text: string, at: number): string =>
  text
    .slice(Math.max(0, at - 256), at)
    .split("\n")
    .at(-1) ?? "";

function judged(text: string, name: string, from: number, to: number): Span | null {
  const sensitivity = sensitivityOf(name);
  if (sensitivity === "plain" || to === from) return null;
  const done = matchAt(MASKED, text, from).length;
  if (done > 0) return { from, to: from + done, masked: false };
  const written = text.slice(from, Math.min(to, from + LONGEST_HARMLESS));
  const isSecret =
    sensitivity === "likely" ? isOpaque(written) : !isHarmless(written, name, /\s/.test(text.charAt(from - 1)));
  if (isSecret && !(sensitivity === "countable" && NUMBER.test(written))) return masked(from, to);
  // A short one may be a name itself, with a value of its own.
  return { from, to: to - from > LONGEST_HARMLESS ? to : from, masked: false };
}

/** @param written May be coloured. */
function isHarmless(written: string, name: string, isApart: boolean): boolean {
  const value = written.replace(COLOUR, "");
  // Where people do not write in Latin letters, only what they cannot say is a secret.
  if (!LATIN.test(value) && !LATIN.test(name)) return true;
  // The shell's working directory shares its name with a short form of "password".
  if (/^(?:OLD)?PWD$/.test(name) && value.startsWith("/")) return true;
  const parameter = PARAMETER.exec(value)?.[1];
  if (parameter !== undefined) return isApart || sensitivityOf(parameter) !== "plain";
  return PLACEHOLDER.test(value) || VARIABLE.test(value) || EXPRESSION.test(value);
}

/** A header ends with its line, or where the text ends that it is quoted in. */
function headerEnd(text: string, nameAt: number, name: string, at: number): number {
  const quote = quoteAround(text, nameAt, nameAt + name.length);
  const rest = quote === "" ? text : text.slice(0, closingQuote(text, at, quote));
  return at + matchAt(LINE, rest, at).length;
}

function quoteAround(text: string, nameAt: number, nameEnd: number): string {
  const before = text.charAt(nameAt - 1);
  if (/["'`]/.test(before)) return text.charAt(nameEnd) === before ? "" : before;
  const line =
    text
      .slice(Math.max(0, nameAt - LOOK_BACK), nameAt)
      .split("\n")
      .at(-1) ?? "";
  const quotes = line.replace(/\\./g, "").split('"').length - 1;
  return quotes % 2 === 1 ? '"' : "";
}

/** Where a text ends that began with `quote`: at the same one, if neither a backslash nor a second one protects it. */
function closingQuote(text: string, from: number, quote: string): number {
  for (let at = text.indexOf(quote, from); at >= 0; at = text.indexOf(quote, at + 1)) {
    let backslashes = 0;
    while (at - backslashes > from && text[at - backslashes - 1] === "\\") backslashes++;
    if (backslashes % 2 === 1) continue;
    if (quote !== "'" || at === from || text[at + 1] !== "'") return at;
    at++;
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

const BLOCK_OPENING = /(?:[|>][-+\d]{0,2}[ \t]{0,8})?\r?\n/y;
const BLOCK_LINE = /([ \t]*)((?:- )?)([^\r\n]*)(?:\r?\n|$)/y;
const MAPPING = /^["']?[\w.-]{1,160}["']?:(?:\s|$)/;

/** A value that begins on the next line: all lines that are indented further than the name's, as in YAML. */
function blockSpan(text: string, nameAt: number, at: number): Span | null {
  const opening = matchAt(BLOCK_OPENING, text, at);
  const prefix = lineBefore(text, nameAt);
  if (opening === "" || /[^\s"'-]/.test(prefix)) return null;
  const indent = prefix.search(/[^ \t]|$/);
  let from = -1;
  let to = -1;
  for (let next = at + opening.length; next < text.length; ) {
    BLOCK_LINE.lastIndex = next;
    const [whole = "", blanks = "", dash = "", content = ""] = BLOCK_LINE.exec(text) ?? [];
    const isInside = blanks.length > indent || (dash !== "" && blanks.length === indent);
    if (content !== "" && !isInside) break;
    const start = next + blanks.length + dash.length;
    if (content !== "" && from < 0) {
      if (MAPPING.test(content)) return null;
      if (/^["']/.test(content)) return quotedSpan(text, start);
      from = start;
    }
    if (content !== "") to = start + content.length;
    next += Math.max(whole.length, 1);
  }
  return from < 0 ? null : masked(from, to);
}
