/** Writes for people: columns, times, colours where they are seen. */
import { blanked, escaped } from "../log/printable.ts";
import type { Paint, Tone } from "./command.ts";

/** The codes that begin and end them. */
const STYLES: Readonly<Record<Tone, readonly [begin: number, end: number]>> = {
  good: [32, 39],
  warn: [33, 39],
  bad: [31, 39],
  quiet: [2, 22],
};

/** Begins a colour of ours until the line is printed. Nobody else can have written it: it is another in each process. */
const MARK = crypto.randomUUID();
const OURS = new RegExp(`${MARK}<(\\d{1,2})>`);

/** @param seen Whether colours are. */
export const painter =
  (seen: boolean): Paint =>
  (tone, text) => {
    const [begin, end] = STYLES[tone];
    return seen ? `${MARK}<${begin}>${text}${MARK}<${end}>` : text;
  };

/** Cells below each other, a blank column between; the last one is as long as it is. */
export function columns(rows: readonly (readonly string[])[], gap = 2): string[] {
  const widths = rows.reduce<number[]>((all, row) => {
    row.slice(0, -1).forEach((cell, at) => {
      all[at] = Math.max(all[at] ?? 0, cell.length);
    });
    return all;
  }, []);
  return rows.map((row) =>
    row
      .map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd((widths[at] ?? 0) + gap)))
      .join("")
      .trimEnd(),
  );
}

/** Texts of others must not drive a terminal: of its commands only our own colours pass, and a line stays one. */
export function printable(line: string): string {
  return line
    .split(OURS)
    .map((part, at) => (at % 2 === 1 ? `\u001b[${part}m` : blanked(part)))
    .join("");
}

/** Loses nothing: what could drive a terminal is escaped. */
export const jsonLine = (value: object): string => escaped(JSON.stringify(value));

/** `0.4 s`, `12 s`, `5 min`, `3 h`: enough to see how long that is. */
export function duration(ms: number): string {
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 120_000) return `${Math.round(ms / 1_000)} s`;
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`;
}

export const percent = (ratio: number): string => `${Math.round(ratio * 100)} %`;

export const counted = (count: number, one: string, more: string = `${one}s`): string =>
  `${count} ${count === 1 ? one : more}`;

/** `512 bytes`, `34 KiB`, `5.2 MiB`. */
export function bytes(count: number): string {
  if (count < 1_024) return `${count} bytes`;
  return count < 1_048_576 ? `${Math.round(count / 1_024)} KiB` : `${(count / 1_048_576).toFixed(1)} MiB`;
}
