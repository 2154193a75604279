/**
 * One way to find what is to be masked: an expression finds where something may begin, code looks closer and says from
 * where to where. All rules read the same text in all its views; what they find is laid over each other and masked once.
 * What one text may cost is bounded: with too many findings, the rest of it is masked as a whole.
 */
import { type View, viewsOf } from "./views.ts";

/** What one text may cost. Enough for 4,096 secrets or 8,192 look-alikes: far more than an honest line has. */
export const WORK_PER_TEXT = 8_192;
const WORK_PER_MASK = 2;

export interface Span {
  readonly from: number;
  /** Where to go on. */
  readonly to: number;
  /** False: looked at, and left as it is. */
  readonly masked: boolean;
}

export interface Pattern {
  /** Global. Starts at a rare text, and reads a bounded number of characters or cannot fail once it has started. */
  readonly begins: RegExp;
  readonly spanOf: (text: string, match: RegExpExecArray) => Span;
}

export type Range = readonly [from: number, to: number];

/** What the patterns find, in the original's places, in order and without overlaps. */
export function rangesOf(text: string, patterns: readonly Pattern[]): readonly Range[] {
  const budget = { work: WORK_PER_TEXT };
  const found: Range[] = [];
  const giveUp = (from: number) => found.push([from, text.length]);
  for (const view of viewsOf(text, giveUp)) {
    for (const pattern of patterns) find(view, pattern, budget, found, giveUp);
  }
  return merged(found);
}

function find(
  { text, originOf, isNew }: View,
  { begins, spanOf }: Pattern,
  budget: { work: number },
  found: Range[],
  giveUp: (from: number) => void,
): void {
  begins.lastIndex = 0;
  for (let match = begins.exec(text); match !== null; match = begins.exec(text)) {
    if (budget.work <= 0) {
      giveUp(originOf(match.index));
      return;
    }
    const { from, to, masked } = spanOf(text, match);
    const end = match.index + match[0].length;
    begins.lastIndex = Math.max(to, match.index + 1);
    // The characters beside it count: what separates a name from the text before may be what was encoded.
    const isSeen = isNew(Math.max(0, match.index - LONGEST_PREFIX), Math.max(from, end) + 1);
    if (isSeen) budget.work -= masked ? WORK_PER_MASK : 1;
    if (masked && isSeen) found.push([originOf(from), originOf(to)]);
  }
}

/** A name's first words, before the one that tells its sense. */
const LONGEST_PREFIX = 40;

function merged(found: Range[]): readonly Range[] {
  const ranges: [number, number][] = [];
  for (const [from, to] of found.sort((one, other) => one[0] - other[0])) {
    const last = ranges.at(-1);
    if (last !== undefined && from < last[1]) last[1] = Math.max(last[1], to);
    else ranges.push([from, to]);
  }
  return ranges;
}

/** `text` with `mask` in place of every range. */
export function maskRanges(text: string, ranges: readonly Range[], mask: string): string {
  let result = "";
  let copied = 0;
  for (const [from, to] of ranges) {
    result += text.slice(copied, from) + mask;
    copied = to;
  }
  return result + text.slice(copied);
}

export function masked(from: number, to: number): Span {
  return { from, to, masked: true };
}

/** Nothing to mask: goes on behind the match. */
export function harmless(match: RegExpExecArray): Span {
  const end = match.index + match[0].length;
  return { from: end, to: end, masked: false };
}

/** What `sticky` matches at `at`, or an empty text. */
export function matchAt(sticky: RegExp, text: string, at: number): string {
  sticky.lastIndex = at;
  return sticky.exec(text)?.[0] ?? "";
}
