/**
 * Finds many known texts in one pass. The forms are kept in a tree by their first characters, only as deep as they
 * share them, so that a character costs one look however many secrets there are.
 */
import { type Form, formsOf, WORD_CHARACTERS } from "./secret-forms.ts";

interface Node {
  /** Forms that end here, or that nothing else shares a longer beginning with. */
  readonly forms: readonly Form[];
  readonly next: ReadonlyMap<number, Node>;
}

export interface KnownSecrets {
  /** Replaces every known secret, in every form, by `mask`. */
  readonly mask: (text: string) => string;
  readonly isWhole: (text: string) => boolean;
  /** The longest text that is looked for. */
  readonly longest: number;
}

export function knownSecrets(secrets: readonly string[], mask: string): KnownSecrets {
  const values = new Set(secrets.filter((secret) => secret !== ""));
  const forms = new Map<string, Form>();
  for (const form of [...values].flatMap(formsOf)) {
    const known = forms.get(form.text);
    // Of two secrets with a form in common, the one that is to be found anywhere decides.
    if (known === undefined || (known.asWord && !form.asWord)) forms.set(form.text, form);
  }
  const root = treeOf([...forms.values()], 0);
  const begins = beginnings([...forms.keys()]);
  return {
    mask: (text) => (begins === null ? text : maskAll(text, begins, root, mask)),
    isWhole: (text) => values.has(text),
    longest: Math.max(0, ...[...forms.keys()].map((text) => text.length)),
  };
}

/** The engine looks for a few short texts faster than any loop of ours. */
function beginnings(texts: readonly string[]): RegExp | null {
  if (texts.length === 0) return null;
  const short = new Set(texts.map((text) => text.slice(0, WORD_CHARACTERS).replace(/[^A-Za-z0-9]/g, regExpEscape)));
  return new RegExp([...short].join("|"), "g");
}

function regExpEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function treeOf(forms: readonly Form[], depth: number): Node {
  if (forms.length === 1 && depth > 0) return { forms, next: new Map() };
  const groups = new Map<number, Form[]>();
  for (const form of forms) {
    if (form.text.length === depth) continue;
    const code = form.text.charCodeAt(depth);
    const group = groups.get(code);
    if (group === undefined) groups.set(code, [form]);
    else group.push(form);
  }
  const next = new Map([...groups].map(([code, group]) => [code, treeOf(group, depth + 1)]));
  return { forms: forms.filter((form) => form.text.length === depth), next };
}

function maskAll(text: string, begins: RegExp, root: Node, mask: string): string {
  let result = "";
  let copied = 0;
  let open: { from: number; to: number } | null = null;
  begins.lastIndex = 0;
  for (let match = begins.exec(text); match !== null; match = begins.exec(text)) {
    const at = match.index;
    // Every beginning counts, also one inside a secret: overlapping secrets become one mask.
    begins.lastIndex = at + 1;
    const form = longestAt(text, at, root);
    if (form === null) continue;
    const end = at + form.text.length;
    const from = at - (form.margin && isBase64(text, at - 1) ? 1 : 0);
    const to = end + (form.margin && isBase64(text, end) ? 1 : 0);
    if (open !== null && from <= open.to) {
      open.to = Math.max(open.to, to);
      continue;
    }
    if (open !== null) {
      result += text.slice(copied, open.from) + mask;
      copied = open.to;
    }
    open = { from, to };
  }
  return open === null ? text : result + text.slice(copied, open.from) + mask + text.slice(open.to);
}

function longestAt(text: string, at: number, root: Node): Form | null {
  let best: Form | null = null;
  let node: Node | undefined = root;
  for (let index = at; node !== undefined; index++) {
    for (const form of node.forms) {
      const fits = text.startsWith(form.text, at) && (!form.asWord || isWord(text, at, at + form.text.length));
      if (fits && form.text.length > (best?.text.length ?? 0)) best = form;
    }
    node = index < text.length ? node.next.get(text.charCodeAt(index)) : undefined;
  }
  return best;
}

const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;
const BASE64 = /[A-Za-z0-9+/_-]/;

function isWord(text: string, from: number, to: number): boolean {
  return !LETTER_OR_DIGIT.test(text.charAt(from - 1)) && !LETTER_OR_DIGIT.test(text.charAt(to));
}

function isBase64(text: string, at: number): boolean {
  return BASE64.test(text.charAt(at));
}
