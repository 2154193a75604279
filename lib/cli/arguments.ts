/** Reads what was typed. */
import { parseArgs } from "node:util";
import { type Command, type Given, type Option, wrongUsage } from "./command.ts";

/** What every command takes. */
export const COMMON: Readonly<Record<string, Option>> = {
  json: { help: "write JSON instead of text" },
  help: { help: "explain the command" },
};

/** @throws CommandError naming what cannot be understood. */
export function readArguments(command: Command, args: readonly string[]): Given {
  const options = { ...command.options, ...COMMON };
  const { values, positionals } = parsed(command, options, args);
  if (positionals.length > command.mostWords) {
    const surplus = positionals.slice(command.mostWords).length;
    throw wrongUsage(
      `tidegate ${command.name}: ${surplus} ${surplus === 1 ? "word" : "words"} too many.`,
      `Quote what has blanks in it; tidegate ${command.name} --help shows what goes where.`,
    );
  }
  return {
    words: positionals,
    text: (name) => {
      const value = values[name];
      return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
    },
    has: (name) => values[name] === true,
  };
}

function parsed(command: Command, options: Readonly<Record<string, Option>>, args: readonly string[]) {
  const types = Object.entries(options).map(([name, { value }]) => [name, { type: value ? "string" : "boolean" }]);
  try {
    return parseArgs({
      args: [...args],
      options: Object.fromEntries(types) as Record<string, { type: "string" | "boolean" }>,
      allowPositionals: true,
    });
  } catch (error) {
    // Names options alone, never their values.
    const [sentence = ""] = (error instanceof Error ? error.message : "").split(/\. |\n/);
    const isToken = args.some((arg) => /^--?token(=|$)/.test(arg));
    const remedy = isToken
      ? "Everybody on the machine can read arguments: put the token into TIDEGATE_TOKEN, or into a file for --token-file."
      : `tidegate ${command.name} --help shows what there is.`;
    throw wrongUsage(`tidegate ${command.name}: ${sentence.replace(/\.$/, "")}.`, remedy);
  }
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Whole seconds: `90`, `90s`, `15m`, `2h`, `1d`. @throws CommandError where it is none, or out of range. */
export function seconds(given: Given, option: string, most: number): number | undefined {
  const text = given.text(option);
  if (text === undefined) return undefined;
  const [, count = "", unit = "s"] = /^(\d{1,9})([smhd])?$/.exec(text) ?? [];
  const found = count === "" ? Number.NaN : Number(count) * (UNITS[unit] ?? Number.NaN);
  if (found >= 1 && found <= most) return found;
  throw wrongUsage(
    `--${option}: a time from 1 s to ${most} s is needed, found ${JSON.stringify(text)}.`,
    "Write it as 90, 90s, 15m, 2h or 1d.",
  );
}

/** @throws CommandError where it is no whole number from `least` to `most`. */
export function whole(given: Given, option: string, least: number, most: number): number | undefined {
  const text = given.text(option);
  if (text === undefined) return undefined;
  const found = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (found >= least && found <= most) return found;
  throw wrongUsage(
    `--${option}: a whole number from ${least} to ${most} is needed, found ${JSON.stringify(text)}.`,
    "Write it in digits.",
  );
}
