/**
 * The gate's Lua as one text that every runtime can import: what a server is sent, without what only a reader needs.
 * `script.lua` has a mark for each stage, and gets there what all other files have under that mark.
 */
import { readdir, readFile } from "node:fs/promises";
import { withPlaces } from "./gate-names.ts";

const FOLDER = "lib/store/lua/gate";
const ROOT = new URL("../../", import.meta.url);
const WHOLE = "script.lua";

/** `-- @often`: from there on, or there. */
const MARK = /^\s*-- @(\w+)$/;
type Stages = ReadonlyMap<string, readonly string[]>;

/** A module with the script in it, line by line: an error in Redis tells the line. */
export async function gateScript(): Promise<string> {
  const head = `// Written by \`npm run generate\` from ${FOLDER}/*.lua: edit there.`;
  const text = (await gateLua()).replace(/[`\\]|\$\{/g, "\\$&");
  return `${head}\nexport const GATE_SCRIPT: string = \`${text}\`;\n`;
}

async function gateLua(): Promise<string> {
  const files = (await readdir(new URL(FOLDER, ROOT))).filter((file) => file.endsWith(".lua")).sort();
  const text = (file: string) => readFile(new URL(`${FOLDER}/${file}`, ROOT), "utf8");
  return assembled(new Map(await Promise.all(files.map(async (file) => [file, await text(file)] as const))));
}

/**
 * @param sources By the names of their files.
 * @throws Error naming the file, for what cannot become a part of the script.
 */
export function assembled(sources: ReadonlyMap<string, string>): string {
  const parts = new Map<string, readonly string[]>();
  for (const [file, text] of sources) {
    parts.set(file, withPlaces(withoutComments(text), `${FOLDER}/${file}`).split("\n"));
  }
  const whole = parts.get(WHOLE) ?? [];
  parts.delete(WHOLE);
  return filled(whole, stagesOf(parts));
}

/** Marks stay. */
const withoutComments = (source: string): string =>
  source
    .split("\n")
    .map((line) => line.trimStart())
    .filter((line) => line !== "" && (MARK.test(line) || !line.startsWith("--")))
    .join("\n");

/** @throws Error where something stands under no mark, which no stage would define. */
function stagesOf(sources: ReadonlyMap<string, readonly string[]>): Stages {
  const stages = new Map<string, string[]>();
  for (const [file, lines] of sources) {
    let stage = "";
    for (const line of lines) {
      const mark = MARK.exec(line)?.[1];
      if (mark !== undefined) stage = mark;
      else if (stage === "") throw new Error(`${FOLDER}/${file}: a mark like "-- @often" is needed before "${line}"`);
      else stages.set(stage, [...(stages.get(stage) ?? []), line]);
    }
  }
  return stages;
}

/** @throws Error where the whole has no place for a stage, or nothing for a place. */
function filled(whole: readonly string[], stages: Stages): string {
  const left = new Map(stages);
  const lines = whole.flatMap((line) => {
    const stage = MARK.exec(line)?.[1];
    if (stage === undefined) return [line];
    const found = left.get(stage);
    if (!found) throw new Error(`${FOLDER}/${WHOLE}: "${line}" needs something under that mark in another file`);
    left.delete(stage);
    return found;
  });
  const [lost] = left.keys();
  if (lost !== undefined) throw new Error(`${FOLDER}/${WHOLE}: a place "-- @${lost}" is needed for that stage`);
  return lines.join("\n");
}
