/** The tables of docs/operating/logs.md, from the one table that the code goes by. */
import { EVENTS, type EventRow } from "../../lib/log/events.ts";
import { sectionOf } from "./section.ts";

const PAGE = "docs/operating/logs.md";
const HEAD = "| event | level | fields | meaning, and what to do |\n| --- | --- | --- | --- |";

function tableOf(rows: readonly EventRow[]): string {
  const lines = rows.map(({ event, level, fields, meaning }) => {
    const cells = [`\`${event}\``, level, fieldsOf(fields), meaning.replaceAll("|", "\\|")];
    return `| ${cells.join(" | ")} |`;
  });
  return [HEAD, ...lines].join("\n");
}

/** Those that are always there, and then the others. */
function fieldsOf(fields: string): string {
  const names = fields === "" ? [] : fields.split(" ");
  const told = (those: readonly string[]) => those.map((name) => `\`${name.replace("?", "")}\``).join(", ");
  const always = told(names.filter((name) => !name.endsWith("?")));
  const sometimes = told(names.filter((name) => name.endsWith("?")));
  return [always, sometimes && `sometimes ${sometimes}`].filter(Boolean).join("; ");
}

/** The page with its tables brought up to date. @throws Error where the marks of one are missing. */
export function withEvents(page: string | null): string {
  let text = page;
  for (const [name, rows] of Object.entries(EVENTS)) text = sectionOf(PAGE, `events-${name}`, text, tableOf(rows));
  return text ?? "";
}
