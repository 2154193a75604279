/** The repository as text: its files, and what each line of code says once comments and strings are left out. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const NOT_OURS = new Set(["node_modules", "dist", "build", ".wrangler", "coverage", ".git", ".pglite"]);

export interface Import {
  readonly line: number;
  readonly specifier: string;
  /** The file it leads to, where it is one of ours. */
  readonly file: string | null;
}
export interface Source {
  readonly path: string;
  readonly text: string;
  /** Line by line, with comments and the insides of strings blanked. */
  readonly code: readonly string[];
  readonly imports: readonly Import[];
}

/** Whatever is tracked, or would be; without git, whatever lies here and is not built or installed. */
export function allFiles(): string[] {
  try {
    const listed = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], { cwd: ROOT, stdio: "pipe" });
    return listed.toString().split("\0").filter(exists);
  } catch {
    return walk("");
  }
}

/** Deleted and not yet committed files are still listed by git. */
export const exists = (path: string): boolean =>
  path !== "" && (statSync(join(ROOT, path), { throwIfNoEntry: false })?.isFile() ?? false);

function walk(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (NOT_OURS.has(entry.name)) return [];
    return entry.isDirectory() ? walk(path) : [path];
  });
}

export const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

export function source(path: string): Source {
  const text = read(path);
  const withoutComments = blank(text, false);
  const imports = [...withoutComments.matchAll(IMPORT)].map((match): Import => {
    const specifier = match[1] ?? match[2] ?? match[3] ?? "";
    const line = lineAt(text, match.index + match[0].lastIndexOf(specifier));
    const file = specifier.startsWith(".") ? relative(ROOT, join(ROOT, dirname(path), specifier)) : null;
    return { line, specifier, file };
  });
  return { path, text, code: blank(text, true).split("\n"), imports };
}

export const lineAt = (text: string, index: number): number => text.slice(0, index).split("\n").length;

/** `from "…"`, `import "…"`, `import("…")` and `new URL("…", import.meta.url)`, which is how workers are named. */
const IMPORT =
  /\b(?:from|import)\s*"([^"\n]+)"|\bimport\(\s*"([^"\n]+)"\s*\)|new URL\(\s*"(\.[^"\n]+\.ts)"\s*,\s*import\.meta\.url/g;

/** Comments, and strings too if asked, as blanks of the same length. Code inside `${}` stays. */
export function blank(text: string, strings: boolean): string {
  let out = "";
  let at = 0;
  const braces: number[] = [];
  const take = (end: number, keep: boolean) => {
    const part = text.slice(at, end);
    out += keep ? part : part.replace(/[^\n]/g, " ");
    at = end;
  };
  const template = () => {
    const from = at;
    while (at < text.length && text[at] !== "`" && !text.startsWith("${", at)) at += text[at] === "\\" ? 2 : 1;
    const end = at;
    at = from;
    take(end, !strings);
    const opens = text.startsWith("${", at);
    if (opens) braces.push(0);
    take(at + (opens ? 2 : 1), true);
  };
  while (at < text.length) {
    const rest = text.slice(at, at + 2);
    const char = text[at] ?? "";
    if (rest === "//") take(indexOr(text, "\n", at), false);
    else if (rest === "/*") take(indexOr(text, "*/", at) + 2, false);
    else if (char === '"' || char === "'") {
      take(at + 1, true);
      take(closing(text, at, char), !strings);
      take(at + 1, true);
    } else if (char === "/" && /(?:^|[(,=:[!&|?{};+]|=>|\breturn)\s*$/.test(out.slice(-20))) {
      take(closingRegex(text, at + 1) + 1, !strings);
    } else if (char === "`") {
      take(at + 1, true);
      template();
    } else if (char === "}" && braces.at(-1) === 0) {
      braces.pop();
      take(at + 1, true);
      template();
    } else {
      if (braces.length > 0 && (char === "{" || char === "}"))
        braces.push((braces.pop() ?? 0) + (char === "{" ? 1 : -1));
      take(at + 1, true);
    }
  }
  return out.slice(0, text.length);
}

function indexOr(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found === -1 ? text.length : found;
}

function closing(text: string, from: number, quote: string): number {
  let at = from;
  while (at < text.length && text[at] !== quote && text[at] !== "\n") at += text[at] === "\\" ? 2 : 1;
  return at;
}

function closingRegex(text: string, from: number): number {
  let inClass = false;
  for (let at = from; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === "[") inClass = true;
    else if (text[at] === "]") inClass = false;
    else if (text[at] === "\n" || (text[at] === "/" && !inClass)) return at;
  }
  return text.length;
}
