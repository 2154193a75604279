/** What is said about the environment in `.env.example` and docs/settings.md, from the one table that is also read by. */
import { GROUPS, type Group, type Variable } from "../../lib/config/variable.ts";
import { VARIABLE_LIST } from "../../lib/config/variables.ts";
import { sectionOf } from "./section.ts";

function inGroup(group: Group): readonly (readonly [string, Variable<unknown>])[] {
  return VARIABLE_LIST.filter(([, variable]) => variable.group === group);
}

/** Every variable as a comment, so that the file can be copied as it stands and changes nothing. */
export function envExample(): string {
  const head = [
    "# Every variable that Tidegate reads, with its default. Copy to .env and take the # off what you change.",
    "# Every name may have TIDEGATE_ before it, which wins over the same without.",
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

/** Where a page says more than a row of the table can. */
const PAGES: Readonly<Partial<Record<Group, string>>> = {
  database: "[Tuning](tuning.md) says how to choose pool, capacity and timeouts.",
  store: "[What happens to a call](concepts.md#when-the-store-is-away) says what an instance does without its store.",
  breaker: "[Tuning](tuning.md#the-breaker) has examples with numbers.",
  health: "[Health](operating/health.md) explains what they change.",
  restart: "[Restarts](operating/restarts.md) explains the policy.",
  hooks: "[Restarts](operating/restarts.md#hooks) says what each hook does, and what its credential may.",
  access: "[Console and command line](operating/console-and-cli.md#logins) says who may do what.",
  http: "[Tuning](tuning.md#requests-of-one-client) says who counts requests, and who is one client.",
  log: "[Logs](operating/logs.md) has every event.",
};

/** Tables for docs/settings.md, one for each group. */
export function settingsSection(): string {
  const groups = (Object.keys(GROUPS) as Group[]).map((group) => {
    const rows = inGroup(group).map(([name, variable]) => {
      const value = variable.default === null ? (variable.otherwise ?? "none") : `\`${variable.default}\``;
      const marks = `${variable.secret ? " (secret)" : ""}${variable.shared ? " (shared)" : ""}`;
      const inCode = variable.inCode ? `\`${variable.inCode[0]}\`` : "";
      return `| \`${name}\`${marks} | ${inCode} | ${value} | ${cell(variable.description)} |`;
    });
    const more = PAGES[group] === undefined ? [] : [PAGES[group], ""];
    return [
      `## ${GROUPS[group]}`,
      "",
      ...more,
      "| variable | in code | default | |",
      "| --- | --- | --- | --- |",
      ...rows,
    ].join("\n");
  });
  return groups.join("\n\n");
}

const plain = (text: string): string => text.replaceAll("`", "");
const cell = (text: string): string => text.replaceAll("|", "\\|");

/** The page with its section brought up to date. @throws Error where its marks are missing. */
export const withSection = (page: string | null): string =>
  sectionOf("docs/settings.md", "environment", page, settingsSection());
