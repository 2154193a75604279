/** The pages for people as text: their links, heads, inline code and blocks of code, each with its line. */
import { dirname, join, relative } from "node:path";
import { allFiles, lineAt, ROOT, read } from "./sources.ts";

export interface Block {
  readonly language: string;
  readonly text: string;
  /** Where it begins in its page. */
  readonly line: number;
}
export interface Link {
  readonly line: number;
  /** From the root of the repository. */
  readonly file: string;
  readonly anchor: string | null;
}
export interface Page {
  readonly path: string;
  readonly text: string;
  /** The same without blocks of code, each line in its place. */
  readonly prose: string;
  readonly blocks: readonly Block[];
  readonly links: readonly Link[];
  /** What a link's `#…` may name. */
  readonly anchors: ReadonlySet<string>;
  /** What stands in backticks in the prose. */
  readonly inline: readonly { readonly line: number; readonly code: string }[];
}

const OURS = /^(?:[A-Z]+\.md|docs\/.*\.md|infra\/[^/]+\/README\.md|test\/support\/README\.md)$/;
const FENCE = /^( *)```([^\n]*)\n([\s\S]*?)^\1```$/gm;

export const pages = (): readonly Page[] =>
  allFiles()
    .filter((path) => OURS.test(path))
    .map((path) => page(path, read(path)));

export function page(path: string, text: string): Page {
  const blocks = [...text.matchAll(FENCE)].map(({ index, 2: language = "", 3: inside = "" }): Block => {
    return { language: language.trim(), text: inside, line: lineAt(text, index) + 1 };
  });
  const prose = text.replace(FENCE, blanked);
  const inline = [...prose.matchAll(/(`+)([^`](?:[\s\S]*?[^`])?)\1(?!`)/g)].map(({ index, 2: code = "" }) => {
    return { line: lineAt(prose, index), code: code.replace(/\s+/g, " ") };
  });
  const words = prose.replace(/(`+)[^`](?:[\s\S]*?[^`])?\1(?!`)/g, blanked);
  const links = [...words.matchAll(/\]\((?!\w+:)([^)\s]+)\)/g)].map(({ index, 1: target = "" }): Link => {
    const [file = "", anchor = null] = target.split("#");
    const place = file === "" ? path : relative(ROOT, join(ROOT, dirname(path), file));
    return { line: lineAt(words, index), file: place, anchor };
  });
  return { path, text, prose, blocks, links, inline, anchors: anchorsOf(prose) };
}

const blanked = (part: string): string => part.replace(/[^\n]/g, " ");

/** As GitHub makes them: of words, digits, `-` and `_`, in lower case; the second of a name gets a number. */
function anchorsOf(prose: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, head = ""] of prose.matchAll(/^#+ +(.+?) *#*$/gm)) {
    const words = head.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const anchor = words.replace(/[^\p{L}\p{N}_ -]/gu, "").replaceAll(" ", "-");
    let [name, count] = [anchor, 0];
    while (anchors.has(name)) name = `${anchor}-${++count}`;
    anchors.add(name);
  }
  return anchors;
}

/** The first cells of the rows of a page's tables, with the other cells: `head` is the first cell of the table's head. */
export function rows({ prose }: Page, head: string): readonly (readonly string[])[] {
  const cells = (line: string) =>
    line
      .replace(/^\||\|$/g, "")
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim());
  let within = false;
  return prose.split("\n").flatMap((line) => {
    if (!line.startsWith("|")) within = false;
    else if (cells(line)[0] === head) within = true;
    else if (within && !/^\| *-/.test(line)) return [cells(line)];
    return [];
  });
}
