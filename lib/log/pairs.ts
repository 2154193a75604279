/**
 * Masks the value in `password=…`, `"token": "…"`, `Authorization: …`, `["password", "…"]`, `name: TOKEN, value: …`,
 * `--api-key …` and their like. The name decides (`field-names`); `values` says where the value ends.
 */
import { FOREIGN_NAME_END, isMade, isOpaque, NAME_END, sensitivityOf } from "./field-names.ts";
import { harmless, masked, matchAt, type Pattern, type Span } from "./scan.ts";
import { elementSpan, lineSpan, querySpan, quotedSpan, valueSpan } from "./values.ts";

/** A quote or a bracket may close the name; PHP writes the type before a value. */
const SIGN =
  '(?<sign>["\'`]?(?:\\]|\\[\\w{0,32}\\])?[ \\t]{0,32}(?:=>(?:\\s{1,64}string\\(\\d{1,8}\\) (?="))?|:=|={1,3}|:(?!:|//))[ \\t]{0,32})';

/** What stands between a name and its value, each with what it means. */
const BETWEEN = [
  SIGN,
  // The end of an XML tag, with its namespace before the name and attributes behind it.
  "(?<tag>(?<=<(?:[\\w.-]{1,64}:)?[\\w.-]{1,96})(?:[ \\t][^<>\\n]{0,256})?>[ \\t]{0,32}(?:<!\\[CDATA\\[)?)",
  "(?<named>[\"'`]?\\]?[\\s,;]{1,64}[\"'`]?(?:\\w{0,20}(?:value|args)|received|input|actual|old|new|before|after)[\"'`]?[ \\t]{0,8}[:=][ \\t]{0,8})",
  "(?<list>[\"'`](?:\\s{0,64},|;s:\\d{1,8}:|\\s{0,8}\\n\\d{1,6}\\))\\s{0,64}(?=[\"'`]))",
  // An attribute that names what its element holds, and a key of a property list.
  "(?<inner>[\"'](?:[ \\t][^<>\\n]{0,96})?>[ \\t]{0,32}(?=[^\\s<])|</key>\\s{0,64}<string>)",
  // `{password,\"…\"}` of Erlang.
  "(?<tuple>(?<=\\{[\\w.]{1,64}),[ \\t]{0,4}(?=[\"'`]))",
  // A column, an arrow, or nothing but a blank between a setting and its value; a word of a sentence is no setting.
  "(?<apart>[ \\t]{0,32}(?:->|[|│])[ \\t]{0,32}|(?<=\\w[_-]\\w{1,32})[ \\t]{1,8}(?=[\"'`]?[^\\s\"'`]{0,64}\\d))",
  // Of a form that is sent in parts.
  "(?<part>[\"'`]?\\r?\\n\\r?\\n(?=\\S))",
].join("|");

const NAMING =
  /(?:name|key|path|param|field|property|pointer|attribute|column|loc)["'`]?[ \t]{0,8}[:=][ \t]{0,8}\[?[ \t]{0,8}["'`]?(?:[\w/.-]{0,64}[/.])?$/i;
const LONGEST_NAMING = 120;
/** Backwards from a place: what of a name precedes it. */
const NAME_BEFORE = /(?<=([\w.-]{0,160}))/y;
/** What a list has in the place of a value, if it is a list of names. */
const NAME_ALONE = /["'`][a-z][a-z_-]*["'`]/iy;

export const pairs: Pattern = {
  begins: new RegExp(`${NAME_END}(?:${BETWEEN})`, "gi"),
  spanOf: (text, match) => {
    NAME_BEFORE.lastIndex = match.index;
    const before = NAME_BEFORE.exec(text)?.[1] ?? "";
    const { sign, tag, list, named, inner, tuple, apart, part } = match.groups ?? {};
    const between = sign ?? tag ?? list ?? named ?? inner ?? tuple ?? apart ?? part ?? "";
    const end = match.index + match[0].length;
    const name = before + match[0].slice(0, match[0].length - between.length);
    const nameAt = match.index - before.length;
    const opening = text.charAt(nameAt - 1);
    // The attributes of a tag may be pairs themselves.
    return (
      spanBehind() ?? (tag === undefined ? harmless(match) : { from: end, to: end - between.length, masked: false })
    );

    function spanBehind(): Span | null {
      if (tag !== undefined) return elementSpan(text, name, end);
      if (list !== undefined) return isInPair() ? listSpan() : null;
      if (tuple !== undefined) return listSpan();
      if (inner !== undefined) return isNaming() ? innerSpan(inner) : null;
      if (apart !== undefined) return apartSpan();
      if (named !== undefined && !/(?:value|args)["'`]?\s*[:=]\s*$/i.test(named) && !isNaming()) return null;
      if (part !== undefined) return /name=["']?$/.test(text.slice(nameAt - 6, nameAt)) ? partSpan() : null;
      if (sign?.trim() === "=" && /[?&]/.test(opening)) return querySpan(text, name, end);
      // The user of an address: `urls` knows where its password ends.
      if (sign === ":" && opening === "/" && matchAt(/[^\s"'`@/]{1,512}@/y, text, end) !== "") return null;
      // A comparison, or a member of a list: code, but where the value was made by a machine.
      if (sign !== undefined && /^\s+={2,3}\s+$|\[/.test(sign)) return madeSpan();
      return valueSpan(text, name, nameAt, end);
    }

    /** A flag, a pair alone in its brackets, or a list where something follows that is no name. */
    function isInPair(): boolean {
      if (name.startsWith("-") || /\[\s{0,64}["'`]$/.test(text.slice(Math.max(0, nameAt - 66), nameAt))) return true;
      return matchAt(NAME_ALONE, text, end) === "";
    }

    /** What is named here by `name:`, `key=`, `path:` and their like, and not by itself. */
    function isNaming(): boolean {
      return NAMING.test(text.slice(Math.max(0, nameAt - LONGEST_NAMING), nameAt)) || /^<\/key/.test(between);
    }

    function madeSpan(): Span | null {
      const word = matchAt(/["'`]?[^\s"'`&;,)\]]{6,64}/y, text, end);
      return isMade(word) ? valueSpan(text, name, nameAt, end) : null;
    }

    function innerSpan(opened: string): Span | null {
      const isValue = opened.startsWith("</") || isMade(matchAt(/[^<\s]{6,64}/y, text, end));
      return isValue ? elementSpan(text, name, end) : null;
    }

    function apartSpan(): Span | null {
      const sensitivity = sensitivityOf(name);
      if (sensitivity === "plain") return null;
      const from = end + matchAt(/["'`]/y, text, end).length;
      const word = matchAt(/[^\s"'`,;|│)]{6,4096}/y, text, from);
      const isSecret = sensitivity === "secret" && /[|│>]/.test(between) ? isMade(word) : isOpaque(word);
      return isSecret ? masked(from, from + word.length) : null;
    }

    function listSpan(): Span | null {
      const span = quotedSpan(text, end);
      const sensitivity = sensitivityOf(name);
      if (span === null || sensitivity === "plain") return null;
      return sensitivity === "likely" && !isOpaque(text.slice(span.from, span.to)) ? null : span;
    }

    function partSpan(): Span | null {
      return sensitivityOf(name) === "plain" ? null : lineSpan(text, end);
    }
  },
};

export const foreignPairs: Pattern = {
  begins: new RegExp(`${FOREIGN_NAME_END}${SIGN}`, "gi"),
  spanOf: pairs.spanOf,
};

export const flags: Pattern = {
  begins: new RegExp(`(?<![\\w.-])--?[\\w-]{0,64}?${NAME_END}[ \\t]{1,32}(?![-=:])`, "gi"),
  spanOf: (text, match) => {
    const at = match.index + match[0].length;
    // What a usage shows in the place of a value.
    if (matchAt(/[A-Z][A-Z_-]{1,30}(?=[\s\])|]|$)/y, text, at) !== "") return harmless(match);
    return valueSpan(text, match[0].trim(), match.index, at) ?? harmless(match);
  },
};

/** The value before its name: `value: …, name: DB_PASSWORD`. */
export const reversed: Pattern = {
  begins: new RegExp(`(?:name|key)["'\`]?[ \\t]{0,8}[:=][ \\t]{0,8}["'\`]?[\\w.-]{0,160}?${NAME_END}(?![\\w.-])`, "gi"),
  spanOf: (text, match) => {
    const name = /[\w.-]*$/.exec(match[0])?.[0] ?? "";
    const start = Math.max(0, match.index - LOOK_BACK);
    const before = VALUE_BEFORE.exec(text.slice(start, match.index));
    if (before === null || sensitivityOf(name) === "plain") return harmless(match);
    const [whole, opening = "", value = ""] = before;
    const from = start + before.index + opening.length;
    return value === "" || whole === ""
      ? harmless(match)
      : { ...masked(from, from + value.length), to: from + value.length };
  },
};
const LOOK_BACK = 1_024;
const VALUE_BEFORE = /(value["'`]?[ \t]{0,8}[:=]\s{0,64}["'`]?)([^"'`\n]{1,512}?)["'`]?[\s,;]{1,64}["'`-]?\w{0,24}$/i;
