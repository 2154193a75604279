/** What is wrong with an environment, all of it at once, in words that are safe to print. */
import type { ConfigWarning } from "./types.ts";

/** One variable that cannot be used. `found` is quoted, shortened and free of secrets. */
export interface ConfigFault {
  /** Its name; where code has said it, the name that it has there, such as `lanes.request.capacity`. */
  readonly variable: string;
  /** What it must be, as the end of the sentence "it needs …". */
  readonly needed: string;
  /** What it is, quoted; or that it is not set. */
  readonly found: string;
}

/**
 * Thrown by `readConfig` when the environment cannot be used. `faults` names every variable that is wrong, `slips` those
 * that nobody reads, which may be why another is missing; `message` says the same to a person at a terminal. None holds
 * a secret, so all may be printed and logged.
 *
 * @example
 * ```ts
 * if (error instanceof ConfigError) for (const { variable, needed } of error.faults) console.error(variable, needed);
 * ```
 */
export class ConfigError extends Error {
  /** Always `ConfigError`. */
  override readonly name = "ConfigError";
  /** Every variable that is wrong. */
  readonly faults: readonly ConfigFault[];
  /** Names that nobody reads and that look like another one. */
  readonly slips: readonly ConfigWarning[];

  /** Makes the message of what is wrong. */
  constructor(faults: readonly ConfigFault[], slips: readonly ConfigWarning[] = []) {
    super(inWords(faults, slips));
    this.faults = Object.freeze([...faults]);
    this.slips = Object.freeze([...slips]);
  }
}

function inWords(faults: readonly ConfigFault[], slips: readonly ConfigWarning[]): string {
  const isCode = faults.some(({ variable }) => /[a-z]/.test(variable));
  const [where, what] = isCode ? ["settings", "setting"] : ["environment", "variable"];
  const count = faults.length === 1 ? `one ${what} is` : `${faults.length} ${what}s are`;
  const each = faults.map(({ variable, needed, found }) => `  ${variable}\n    needs  ${needed}\n    found  ${found}`);
  const unread = slips.map(({ variable, message }) => `  ${variable} ${message}`);
  return [
    `Reading the ${where}: ${count} not usable.`,
    ...each,
    ...unread,
    isCode ? "Every setting is described in docs/settings.md." : "Every variable is described in .env.example.",
  ].join("\n\n");
}
