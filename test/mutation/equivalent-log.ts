/** Of `lib/log`. */
import { type Equivalent, same } from "./equivalent-row.ts";

export const EQUIVALENT_IN_LOG: readonly Equivalent[] = [
  ...same(
    "lib/log/choose.ts",
    "log[level](event, fields && (redact.value(fields) as LogFields));",
    "a copy of nothing is nothing; the types do not know",
    ["fields && (redact.value(fields) as LogFields)", "(redact.value(fields) as LogFields)"],
  ),
  ...same(
    "lib/log/copy.ts",
    'const present = standard.filter((key) => key === "name" || key === "message" || key in original);',
    "every error has both by its prototype, and what only looks like one is shown no field that it has not",
    ['key === "name" || key === "message" || key in original', "key in original"],
    ['key === "name" || key === "message"', 'key === "name"'],
    ['key === "name" || key === "message"', 'key === "message"'],
  ),
  ...same(
    "lib/log/field-names.ts",
    'while (words.length > 1 && (IS_SUFFIX.has(words.at(-1) ?? "") || /^\\d+$/.test(words.at(-1) ?? ""))) words.pop();',
    "a name of suffixes and numbers alone has no word that is possible, and is not looked at",
    ["words.length > 1", "(words.length) >= (1)"],
    ["1", "0"],
    [
      'words.length > 1 && (IS_SUFFIX.has(words.at(-1) ?? "") || /^\\d+$/.test(words.at(-1) ?? ""))',
      '(IS_SUFFIX.has(words.at(-1) ?? "") || /^\\d+$/.test(words.at(-1) ?? ""))',
    ],
  ),
  ...same(
    "lib/log/known-secrets.ts",
    "if (texts.length === 0) return null;",
    "of no form, none is found anywhere; it takes longer",
    ["texts.length === 0", "false"],
  ),
  ...same(
    "lib/log/known-secrets.ts",
    "if (forms.length === 1 && depth > 0) return { forms, next: new Map() };",
    "how deep the tree is decides only how many forms are looked at",
    ["forms.length === 1 && depth > 0", "false"],
    ["forms.length === 1 && depth > 0", "forms.length === 1"],
    ["forms.length === 1 && depth > 0", "depth > 0"],
    ["depth > 0", "(depth) >= (0)"],
    ["1", "0"],
    ["1", "2"],
    ["0", "1"],
  ),
  ...same(
    "lib/log/known-secrets.ts",
    "begins.lastIndex = 0;",
    "the last search has found nothing, and so begins anew",
    ["begins.lastIndex = 0", "undefined"],
    ["0", "1"],
  ),
  ...same(
    "lib/log/known-secrets.ts",
    "if (fits && form.text.length > (best?.text.length ?? 0)) best = form;",
    "of one length and at one place there is one form, and none is empty",
    ["form.text.length > (best?.text.length ?? 0)", "(form.text.length) >= ((best?.text.length ?? 0))"],
    ["0", "1"],
  ),
  ...same(
    "lib/log/log.ts",
    "...(maxLines === undefined ? {} : { maxLines }),",
    "what is undefined has its default there, too; the types do not know",
    ["maxLines === undefined", "false"],
  ),
  ...same(
    "lib/log/log.ts",
    "...(maxBytes === undefined ? {} : { maxBytes }),",
    "what is undefined has its default there, too; the types do not know",
    ["maxBytes === undefined", "false"],
  ),
  ...same("lib/log/pairs.ts", "const LONGEST_HARMLESS = 160;", "what is harmless is shorter, or begins so", [
    "160",
    "1600",
  ]),
  ...same(
    "lib/log/pairs.ts",
    "for (let at = text.indexOf(quote, from); at >= 0; at = text.indexOf(quote, at + 1)) {",
    "a closing quote has the opening one before it",
    ["at >= 0", "(at) > (0)"],
    ["0", "1"],
  ),
  ...same(
    "lib/log/scan.ts",
    "return copied === 0 ? text : result + text.slice(copied);",
    "where nothing is copied, the rest is all of it",
    ["copied === 0", "false"],
  ),
  ...same(
    "lib/log/url-logins.ts",
    'if (!rest.includes("@")) return -1;',
    "it is told sooner; a login of no length is none, too",
    ['!rest.includes("@")', "false"],
    ["1", "0"],
  ),
];
