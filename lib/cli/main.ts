/** Finds the command, runs it, and writes what it found in the form that was wished for. */
import { readFileSync } from "node:fs";
import { readArguments } from "./arguments.ts";
import { type Command, CommandError, EXIT, type World, wrongUsage } from "./command.ts";
import { audit } from "./commands/audit.ts";
import { breaker } from "./commands/breaker.ts";
import { doctor } from "./commands/doctor.ts";
import { probe } from "./commands/probe.ts";
import { restart } from "./commands/restart.ts";
import { status } from "./commands/status.ts";
import { helpOf, overview } from "./help.ts";
import { jsonLine, painter, printable } from "./text.ts";

const COMMANDS: readonly Command[] = [status, restart, breaker, audit, doctor, probe];

export interface Terminal extends World {
  print(line: string): void;
  /** Whether they are seen. */
  readonly colours: boolean;
}

/** @returns the exit code. */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  const { print, note } = terminal;
  try {
    return await run(args, terminal);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const { message, remedy, code, exit } = error;
    if (args.includes("--json")) print(jsonLine({ error: { code, message, remedy }, exit_code: exit }));
    else for (const line of [message, remedy]) note(printable(line));
    return exit;
  }
}

async function run([name = "--help", ...rest]: readonly string[], terminal: Terminal): Promise<number> {
  const { print } = terminal;
  if (name === "--version") {
    print(version());
    return EXIT.fine;
  }
  if (name === "--help" || name === "help") {
    for (const line of overview(COMMANDS)) print(line);
    return EXIT.fine;
  }
  const command = COMMANDS.find((one) => one.name === name);
  if (!command) {
    const known = COMMANDS.map((one) => one.name).join(", ");
    throw wrongUsage(
      name.startsWith("-") ? "tidegate: a command goes first." : `tidegate: there is no command of that name.`,
      `There are ${known}; tidegate --help explains them.`,
    );
  }
  if (rest.includes("--help")) {
    for (const line of helpOf(command)) print(line);
    return EXIT.fine;
  }
  const given = readArguments(command, rest);
  const { exit, json, text } = await command.run(given, terminal);
  if (given.has("json")) print(jsonLine({ ...json, exit_code: exit }));
  else for (const line of text(painter(terminal.colours))) print(printable(line));
  return exit;
}

/** Beside `lib/` as beside `dist/`. */
function version(): string {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return manifest.version;
}
