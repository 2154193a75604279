/** What the redactor makes of lines that were built to be slow to read. */
import { createRedactor } from "../../lib/log/redaction.ts";
import { innocentLines } from "../log/corpus/innocent.ts";
import { secretShapes } from "../log/corpus/secrets.ts";
import { HOSTILE_UNITS, hostileLine } from "../log/hostile-lines.ts";

const MEGABYTE = 1_048_576;
const REPEATS = 5;

interface Figure {
  readonly unit: string;
  readonly ms: number;
}

const redact = createRedactor({ secrets: ["s3cr3t/value", "another-secret"] });

/** The best of {@link REPEATS}, of the processor's time: nothing here waits, and neighbours do not count. */
function bestMs(line: string): number {
  const times = Array.from({ length: REPEATS }, () => {
    const start = process.cpuUsage();
    redact.text(line);
    return process.cpuUsage(start).user / 1_000;
  });
  return Math.min(...times);
}

/** For each hostile line, slowest first. */
function hostileFigures(): readonly Figure[] {
  const figures = HOSTILE_UNITS.map((unit) => ({ unit, ms: bestMs(hostileLine(unit, MEGABYTE)) }));
  return figures.sort((one, other) => other.ms - one.ms);
}

/** The corpora over and over, to a megabyte. */
function honestMegabyte(lines: readonly string[]): string {
  return hostileLine(`${lines.join("\n")}\n`, MEGABYTE);
}

function honestFigures(): readonly Figure[] {
  const secrets = secretShapes.flatMap(({ input }) => (typeof input === "string" ? [input] : []));
  return [
    { unit: "lines without secrets", ms: bestMs(honestMegabyte(innocentLines)) },
    { unit: "the same in JSON", ms: bestMs(honestMegabyte(innocentLines.map((line) => JSON.stringify({ line })))) },
    { unit: "every shape of a secret", ms: bestMs(honestMegabyte(secrets)) },
  ];
}

export function benchRedaction(): Promise<void> {
  console.log("\nRedacting 1 MB of honest lines");
  for (const { unit, ms } of honestFigures()) console.log(`  ${ms.toFixed(1).padStart(6)} ms  ${unit}`);
  console.log("\nRedacting a hostile line of 1 MB, the slowest kinds");
  for (const { unit, ms } of hostileFigures().slice(0, 5)) {
    console.log(`  ${ms.toFixed(1).padStart(6)} ms  ${JSON.stringify(unit.slice(0, 40))}`);
  }
  return Promise.resolve();
}
