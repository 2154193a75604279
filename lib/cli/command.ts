/** What a command is: what it may be given, and what comes of it. */
import type { Runtime } from "../runtime.ts";
import type { Screen } from "./screen.ts";

/** How every command ends. */
export const EXIT = { fine: 0, finding: 1, usage: 2, unreachable: 3 } as const;

export interface Option {
  /** What stands for its value, such as `SECONDS`. Without: a switch. */
  readonly value?: string;
  /** A sentence without a full stop. */
  readonly help: string;
}

/** A command line, taken apart. */
export interface Given {
  readonly words: readonly string[];
  /** What was given of an option that takes a value. An empty one is none. */
  text(name: string): string | undefined;
  /** Whether a switch was given. */
  has(name: string): boolean;
}

/** What a command reaches beside the server it asks. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly runtime: Runtime;
  /** Something on the way, for people; what is found is in the {@link Finding}. */
  note(line: string): void;
  /** A line of what is found, of a command that goes on. */
  print(line: string): void;
  /** Whether they are seen. */
  readonly colours: boolean;
  /** The whole of a terminal; null where nobody sees one. */
  readonly screen: Screen | null;
}

export type Tone = "good" | "warn" | "bad" | "quiet";
/** Colours a text where somebody sees it, else leaves it alone. */
export type Paint = (tone: Tone, text: string) => string;

/** What a command has found, in both forms. */
export interface Finding {
  readonly exit: number;
  /** Of `--json`. */
  readonly json: object;
  readonly text: (paint: Paint) => readonly string[];
}

export interface Command {
  readonly name: string;
  /** What goes before the options, such as `URL`. */
  readonly words: string;
  readonly mostWords: number;
  /** One line. */
  readonly summary: string;
  /** What it means that it ends with 1. */
  readonly findingMeans: string;
  /** Paragraphs, such as examples. */
  readonly more: readonly string[];
  readonly options: Readonly<Record<string, Option>>;
  /** @throws CommandError where it could not do what was asked. */
  run(given: Given, world: World): Promise<Finding>;
}

/** Why a command did not do what was asked, and what to do about it: two sentences. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exit: number;
  readonly remedy: string;
  /** Of a refusal: the contract's code. */
  readonly code: string | null;

  constructor(exit: number, message: string, remedy: string, code: string | null = null) {
    super(message);
    this.exit = exit;
    this.remedy = remedy;
    this.code = code;
  }
}

export const wrongUsage = (message: string, remedy: string): CommandError =>
  new CommandError(EXIT.usage, message, remedy);
