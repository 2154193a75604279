/** Looks again and again, and keeps the last two readings: what is shown is made of them. */
import { CommandError, EXIT, type Finding, wrongUsage } from "../command.ts";
import { type Figures, figuresOf, statesOf } from "./figures.ts";
import { plainLine } from "./plain-line.ts";
import type { Read, Reading } from "./reader.ts";

export interface Watch {
  /** Reads anew. @throws CommandError where the first reading fails; later it is the {@link Watch.trouble}. */
  look(): Promise<void>;
  /** What kept the last look from seeing anything; null: nothing. */
  readonly trouble: CommandError | null;
  /** Of the last reading that there was. */
  figures(gate: string): Figures;
  /** Gates that are shown by name, `main` first. */
  gates(): readonly string[];
}

/** @param left Aborted when nobody looks any more: what is not answered then is no trouble. */
export function watchOf(read: Read, left: AbortSignal): Watch {
  let before: Reading | null = null;
  let now: Reading | null = null;
  let trouble: CommandError | null = null;
  const last = (): Reading => {
    if (now === null) throw new Error("watch: a look has to come first.");
    return now;
  };
  return {
    look: async () => {
      try {
        const reading = await read();
        [before, now, trouble] = [now, reading, null];
      } catch (error) {
        if (left.aborted) return;
        if (now === null || !(error instanceof CommandError)) throw error;
        trouble = error;
      }
    },
    get trouble() {
      return trouble;
    },
    figures: (gate) => figuresOf(before, last(), gate),
    gates: () => Object.keys(statesOf(last().samples)),
  };
}

/** @throws CommandError where there is no gate of that name, as far as is known. */
export function checkGate(watch: Watch, gate: string): void {
  const gates = watch.gates();
  // Without its store an instance may show none.
  if (gates.length === 0 || gates.includes(gate)) return;
  throw wrongUsage("--gate: there is no gate of that name.", `There are ${gates.join(", ")}.`);
}

/** What has been seen last, as every command tells it. */
export function findingOf(watch: Watch, gate: string): Finding {
  const { trouble } = watch;
  const figures = watch.figures(gate);
  const exit = figures.health.status === "healthy" ? EXIT.fine : EXIT.finding;
  if (trouble === null) return { exit, json: figures, text: (paint) => [plainLine(figures, paint)] };
  const { code, message, remedy } = trouble;
  return {
    exit: trouble.exit,
    json: { error: { code, message, remedy } },
    text: (paint) => [paint("bad", message)],
  };
}
