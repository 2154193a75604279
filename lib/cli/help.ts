/** What `--help` says. */
import { COMMON } from "./arguments.ts";
import type { Command, Option } from "./command.ts";
import { columns } from "./text.ts";

export function overview(commands: readonly Command[]): string[] {
  return [
    "tidegate COMMAND [options]",
    "",
    "Operates an application that Tidegate guards.",
    "",
    ...columns(commands.map(({ name, words, summary }) => [`  ${`${name} ${words}`.trim()}`, summary])),
    "",
    "tidegate COMMAND --help explains one; --json works with all; tidegate --version says which this is.",
    "",
    "The application is found by --url or TIDEGATE_URL (else http://127.0.0.1:PORT, PORT being 8787 where it is not",
    "set), the admin's token in TIDEGATE_TOKEN or a file (--token-file). There is no argument for the token itself.",
    "",
    ...exitCodes("something bad was found, or the application refused"),
  ];
}

export function helpOf({ name, words, summary, findingMeans, more, options }: Command): string[] {
  const rows = Object.entries<Option>({ ...options, ...COMMON }).map(([option, { value, help }]) => [
    `  --${option}${value ? ` ${value}` : ""}`,
    help,
  ]);
  return [
    `tidegate ${`${name} ${words}`.trim()} [options]`,
    "",
    summary,
    "",
    ...columns(rows),
    "",
    ...more.flatMap((paragraph) => [paragraph, ""]),
    ...exitCodes(findingMeans),
  ];
}

function exitCodes(findingMeans: string): string[] {
  return columns([
    ["Exit codes:  0", "fine"],
    ["             1", findingMeans],
    ["             2", "the command line cannot be understood; nothing was done"],
    ["             3", "no answer, or one that is not Tidegate's"],
  ]);
}
