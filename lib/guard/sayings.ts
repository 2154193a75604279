/** What was said about gates, by name. */
import { type GateOptions, sameOptions, shownOptions } from "./gate-options.ts";

/** Remembered of so many gates; of those said before that, where they are said again. */
const MOST_SAID = 10_000;

export interface Sayings {
  readonly of: (name: string) => GateOptions | undefined;
  /**
   * Takes down what is said.
   *
   * @param isInUse Whether calls already go by what holds where nothing was said.
   * @throws Error where it is not what was said before, or comes too late.
   */
  readonly say: (name: string, options: GateOptions, isInUse: boolean) => void;
}

export function createSayings(): Sayings {
  const said = new Map<string, GateOptions>();
  return {
    of: (name) => said.get(name),
    say: (name, options, isInUse) => {
      const before = said.get(name);
      if (before && sameOptions(before, options)) return;
      const gate = `tide.gate(${JSON.stringify(name)})`;
      if (before) {
        const [were, now] = [shownOptions(before), shownOptions(options)];
        const advice = were === now ? "; keep functions in a constant, they must be the same ones" : "";
        throw new Error(`${gate}: its options are said once, or alike: were ${were}, now ${now}${advice}`);
      }
      if (isInUse) {
        const why = "it is in use, with what holds for the database";
        throw new Error(`${gate}: ${why}; say its options before it is first called`);
      }
      const [oldest] = said.keys();
      if (said.size >= MOST_SAID && oldest !== undefined) said.delete(oldest);
      said.set(name, options);
    },
  };
}
