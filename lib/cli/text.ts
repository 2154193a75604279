/** Writes for people: columns, times, colours where they are seen. Pure. */
import { styleText } from "node:util";
import type { Paint, Tone } from "./command.ts";

const STYLES: Readonly<Record<Tone, Parameters<typeof styleText>[0]>> = {
  good: "green",
  warn: "yellow",
  bad: "red",
  quiet: "dim",
};

/** @param seen Whether colours are. */
export const painter =
  (seen: boolean): Paint =>
  (tone, text) =>
    seen ? styleText(STYLES[tone], text, { validateStream: false }) : text;

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

// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not get through
const OURS = /(\u001b\[\d{1,2}m)/;

/** Texts of others must not drive a terminal: of its commands only colours pass, and a line stays one. */
export function printable(line: string): string {
  return line
    .split(OURS)
    .map((part, at) => (at % 2 === 1 ? part : part.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ")))
    .join("");
}

/** Loses nothing: what could drive a terminal is escaped. */
export function jsonLine(value: object): string {
  return JSON.stringify(value).replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (found) =>
    [...Array(found.length).keys()].map((at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, "0")}`).join(""),
  );
}

/** `0.4 s`, `12 s`, `5 min`, `3 h`: enough to see how long that is. */
export function duration(ms: number): string {
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 120_000) return `${Math.round(ms / 1_000)} s`;
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`;
}

export const percent = (ratio: number): string => `${Math.round(ratio * 100)} %`;

export const counted = (count: number, one: string, more: string = `${one}s`): string =>
  `${count} ${count === 1 ? one : more}`;
