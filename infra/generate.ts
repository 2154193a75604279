/**
 * Writes what is said about the environment in files from the one table that is also read by: `.env.example`, and the
 * README between its two marks. `npm run generate` writes, `npm run generate -- --check` only looks and exits 1.
 */
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { GROUPS, type Group, type Variable } from "../lib/config/variable.ts";
import { VARIABLE_LIST } from "../lib/config/variables.ts";

const START = "<!-- environment:start -->";
const END = "<!-- environment:end -->";

function inGroup(group: Group): readonly (readonly [string, Variable<unknown>])[] {
  return VARIABLE_LIST.filter(([, variable]) => variable.group === group);
}

/** Every variable as a comment, so that the file can be copied as it stands and changes nothing. */
export function envExample(): string {
  const head = [
    "# Every variable that Tidegate reads, with its default. Copy to .env and take the # off what you change.",
    "# Written by `npm run generate` from lib/config/variables: edit there.",
  ];
  const groups = (Object.keys(GROUPS) as Group[]).map((group) => {
    const entries = inGroup(group).map(([name, variable]) => {
      const otherwise = variable.default === null ? [`# Default: ${plain(variable.otherwise ?? "none")}.`] : [];
      const setting = `#${name}=${variable.default ?? ""}`;
      return [`# ${plain(variable.description)}.`, ...otherwise, setting].join("\n");
    });
    return `# --- ${GROUPS[group]} ---\n\n${entries.join("\n\n")}`;
  });
  return `${[head.join("\n"), ...groups].join("\n\n")}\n`;
}

/** Tables for the README, one for each group, with the marks around them. */
export function readmeSection(): string {
  const groups = (Object.keys(GROUPS) as Group[]).map((group) => {
    const rows = inGroup(group).map(([name, variable]) => {
      const value = variable.default === null ? (variable.otherwise ?? "none") : `\`${variable.default}\``;
      return `| \`${name}\`${variable.secret ? " (secret)" : ""} | ${value} | ${cell(variable.description)} |`;
    });
    return [`**${GROUPS[group]}**`, "", "| variable | default | |", "|---|---|---|", ...rows].join("\n");
  });
  return [START, "", groups.join("\n\n"), "", END].join("\n");
}

const plain = (text: string): string => text.replaceAll("`", "");
const cell = (text: string): string => text.replaceAll("|", "\\|");

/**
 * The README with its section brought up to date.
 *
 * @throws {Error} where the marks are missing or in the wrong order.
 */
export function withSection(readme: string): string {
  const start = readme.indexOf(START);
  const end = readme.indexOf(END);
  if (start < 0 || end < start) {
    throw new Error(`Writing the environment into README.md: it needs the lines ${START} and ${END}, in this order.`);
  }
  return readme.slice(0, start) + readmeSection() + readme.slice(end + END.length);
}

async function textOf(path: string): Promise<string | null> {
  return readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
}

/** Brings one file up to date, or only says that it is not. */
async function settle(path: string, next: (text: string | null) => string, checkOnly: boolean): Promise<string | null> {
  const text = await textOf(path);
  const wanted = next(text);
  if (text === wanted) return null;
  if (checkOnly) return `${path} is not up to date: run \`npm run generate\`.`;
  await writeFile(path, wanted);
  console.log(`wrote ${path}`);
  return null;
}

/** @returns what is wrong, one sentence each; nothing when all is well. */
export async function generate(root: string, checkOnly: boolean): Promise<readonly string[]> {
  const complaints: string[] = [];
  const files: [string, (text: string | null) => string][] = [
    [`${root}.env.example`, envExample],
    [`${root}README.md`, readmeOf],
  ];
  for (const [path, next] of files) {
    try {
      const complaint = await settle(path, next, checkOnly);
      if (complaint !== null) complaints.push(complaint);
    } catch (error) {
      complaints.push(error instanceof Error ? error.message : String(error));
    }
  }
  return complaints;
}

function readmeOf(text: string | null): string {
  if (text === null) throw new Error(`Writing the environment into README.md: there is no such file yet.`);
  return withSection(text);
}

if (import.meta.main) {
  const root = fileURLToPath(new URL("../", import.meta.url));
  const complaints = await generate(root, process.argv.includes("--check"));
  for (const complaint of complaints) console.error(complaint);
  process.exitCode = complaints.length > 0 ? 1 : 0;
}
