/** What the redactor makes of lines that were built to be slow to read. */
import { createRedactor } from "../../lib/log/redaction.ts";
import { HOSTILE_UNITS, hostileLine } from "../log/hostile-lines.ts";

const MEGABYTE = 1_048_576;
const REPEATS = 5;

interface Figure {
  readonly unit: string;
  readonly ms: number;
}

/** The best of {@link REPEATS} for each hostile line, slowest first. */
function redactionFigures(): readonly Figure[] {
  const redact = createRedactor({ secrets: ["s3cr3t/value", "another-secret"] });
  const figures = HOSTILE_UNITS.map((unit) => {
    const line = hostileLine(unit, MEGABYTE);
    const times = Array.from({ length: REPEATS }, () => {
      const start = performance.now();
      redact.text(line);
      return performance.now() - start;
    });
    return { unit, ms: Math.min(...times) };
  });
  return figures.sort((one, other) => other.ms - one.ms);
}

export function benchRedaction(): Promise<void> {
  console.log("\nRedacting a hostile line of 1 MB, the slowest kinds");
  for (const { unit, ms } of redactionFigures().slice(0, 5)) {
    console.log(`  ${ms.toFixed(1).padStart(6)} ms  ${JSON.stringify(unit.slice(0, 40))}`);
  }
  return Promise.resolve();
}
