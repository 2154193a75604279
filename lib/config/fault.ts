/** What is wrong with an environment, all of it at once, in words that are safe to print. */

/** One variable that cannot be used. `found` is quoted, shortened and free of secrets. */
export interface ConfigFault {
  readonly variable: string;
  /** What it must be, as the end of the sentence "it needs …". */
  readonly needed: string;
  readonly found: string;
}

/**
 * Thrown by `readConfig` when the environment cannot be used. `faults` names every variable that is wrong; `message`
 * says the same to a person at a terminal. Neither holds a secret, so both may be printed and logged.
 */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[]) {
    super(inWords(faults));
    this.faults = Object.freeze([...faults]);
  }
}

function inWords(faults: readonly ConfigFault[]): string {
  const count = faults.length === 1 ? "one variable is" : `${faults.length} variables are`;
  const each = faults.map(({ variable, needed, found }) => `  ${variable}\n    needs  ${needed}\n    found  ${found}`);
  return `Reading the environment: ${count} not usable.\n\n${each.join("\n\n")}\n\nEvery variable is described in .env.example.`;
}
