/** What is said about the environment in `.env.example` and the README, from the one table that is also read by. */
import { GROUPS, type Group, type Variable } from "../../lib/config/variable.ts";
import { VARIABLE_LIST } from "../../lib/config/variables.ts";

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
export function withSection(readme: string | null): string {
  if (readme === null) throw new Error("Writing the environment into README.md: there is no such file yet.");
  const start = readme.indexOf(START);
  const end = readme.indexOf(END);
  if (start < 0 || end < start) {
    throw new Error(`Writing the environment into README.md: it needs the lines ${START} and ${END}, in this order.`);
  }
  return readme.slice(0, start) + readmeSection() + readme.slice(end + END.length);
}
