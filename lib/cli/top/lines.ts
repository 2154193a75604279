/** Lines of a screen: texts in their tones, cut to its width. */
import type { Paint, Tone } from "../command.ts";
import { printable } from "../text.ts";

/** A text, or one in a tone. */
export type Piece = string | readonly [tone: Tone, text: string];
export type Line = readonly Piece[];

export const textOf = (piece: Piece): string => (typeof piece === "string" ? piece : piece[1]);

const MARK = /^\p{M}$/u;
/** Stands for what is missing. */
const CUT = "…";
/** From Hangul on there are scripts and signs that take two places; some of what is counted so takes one. */
const WIDE_FROM = 0x1100;

const widthOf = (sign: string): number => {
  if (MARK.test(sign)) return 0;
  return sign !== CUT && (sign.codePointAt(0) ?? 0) >= WIDE_FROM ? 2 : 1;
};

/** Places that a text takes, at the most. */
export const placesOf = (text: string): number => [...text].reduce((sum, sign) => sum + widthOf(sign), 0);

/** As it is where it fits, else cut, with `…` for what is missing. */
export function fitted(line: Line, width: number): Line {
  if (placesOf(line.map(textOf).join("")) <= width) return line;
  const cut: Piece[] = [];
  let left = width - 1;
  for (const piece of line) {
    const text = textOf(piece);
    const kept = cutTo(text, left);
    cut.push(typeof piece === "string" ? kept : [piece[0], kept]);
    left -= placesOf(kept);
    if (kept !== text) break;
  }
  return [...cut, CUT];
}

function cutTo(text: string, width: number): string {
  let kept = "";
  let left = width;
  for (const sign of text) {
    left -= widthOf(sign);
    if (left < 0) break;
    kept += sign;
  }
  return kept;
}

/** Broken between words, `most` lines of it at the most; what is left over stands in the last. */
export function wrapped(text: string, width: number, most: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (placesOf(longer) <= width || line === "" || lines.length + 1 === most) {
      line = longer;
      continue;
    }
    lines.push(line);
    line = word;
  }
  return [...lines, line];
}

/** Cells below each other; of figures all but the first of each row are set to the right. */
export function table(rows: readonly (readonly Piece[])[], gap: number, of: "figures" | "texts"): readonly Line[] {
  const widths = rows.reduce<number[]>((all, row) => {
    row.forEach((cell, at) => {
      all[at] = Math.max(all[at] ?? 0, placesOf(textOf(cell)));
    });
    return all;
  }, []);
  return rows.map((row) =>
    row.flatMap((cell, at): Piece[] => {
      const space = " ".repeat((widths[at] ?? 0) - placesOf(textOf(cell)));
      const before = at === 0 ? "" : " ".repeat(gap);
      return of === "figures" && at > 0 ? [before + space, cell] : [before, cell, space];
    }),
  );
}

export const widthOfTable = (lines: readonly Line[]): number =>
  Math.max(0, ...lines.map((line) => placesOf(line.map(textOf).join(""))));

/** For a terminal: in colours where they are seen, and of what others wrote nothing that drives it. */
export const painted = (line: Line, paint: Paint): string =>
  printable(line.map((piece) => (typeof piece === "string" ? piece : paint(...piece))).join(""));
