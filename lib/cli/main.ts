/** Finds the command, runs it, and writes what it found in the form that was wished for. */
import { existsSync, readFileSync } from "node:fs";
import { readArguments } from "./arguments.ts";
import { type Command, CommandError, EXIT, type World, wrongUsage } from "./command.ts";
import { audit } from "./commands/audit.ts";
import { breaker } from "./commands/breaker.ts";
import { doctor } from "./commands/doctor.ts";
import { kept } from "./commands/kept.ts";
import { probe } from "./commands/probe.ts";
import { restart } from "./commands/restart.ts";
import { status } from "./commands/status.ts";
import { top } from "./commands/top.ts";
import { helpOf, overview } from "./help.ts";
import { isPlugin, PLUGIN, pluginLine } from "./nagios.ts";
import { jsonLine, painter, printable } from "./text.ts";

const COMMANDS: readonly Command[] = [status, top, restart, breaker, kept, audit, doctor, probe];

/** @returns the exit code. */
export async function main(args: readonly string[], terminal: World): Promise<number> {
  const { print, note } = terminal;
  const plugin = isPlugin(args);
  try {
    return await run(args, terminal);
  } catch (error) {
    // What a plugin cannot find out is no verdict, whatever kept it from that.
    const told = error instanceof CommandError || !plugin ? error : brokenBy(error);
    if (!(told instanceof CommandError)) throw told;
    const { message, remedy, code } = told;
    const exit = plugin ? PLUGIN.UNKNOWN : told.exit;
    if (args.includes("--json")) print(jsonLine({ error: { code, message, remedy }, exit_code: exit }));
    else if (plugin) print(printable(pluginLine("UNKNOWN", `${message} ${remedy}`)));
    else for (const line of [message, remedy]) note(printable(line));
    return exit;
  }
}

const brokenBy = (error: unknown): CommandError =>
  new CommandError(
    EXIT.usage,
    `tidegate: ${error instanceof Error ? error.message : String(error)}.`,
    "The same line without --nagios shows where.",
  );

async function run([name = "--help", ...rest]: readonly string[], terminal: World): Promise<number> {
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
    return isPlugin(rest) ? PLUGIN.UNKNOWN : EXIT.fine;
  }
  const given = readArguments(command, rest);
  const world = {
    ...terminal,
    note: (line: string) => terminal.note(printable(line)),
    print: (line: string) => print(printable(line)),
  };
  const { exit, json, text } = await command.run(given, world);
  if (given.has("json")) print(jsonLine({ ...json, exit_code: exit }));
  else for (const line of text(painter(terminal.colours))) print(printable(line));
  return exit;
}

/** Beside `lib/` as beside `dist/`, or in a bundle's own folder. */
function version(): string {
  const places = ["./package.json", "../../package.json"].map((path) => new URL(path, import.meta.url));
  const manifest = places.find((place) => existsSync(place)) ?? "";
  return JSON.parse(readFileSync(manifest, "utf8")).version;
}
