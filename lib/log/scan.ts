/**
 * One way to mask: an expression finds where something may begin, code looks closer and says what to mask. What one text
 * may cost is bounded: with too many findings, the rest of it is masked as a whole.
 */

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

/** What is left of {@link WORK_PER_TEXT} for one text, over all patterns. */
export interface Budget {
  work: number;
}

export function maskSpans(text: string, { begins, spanOf }: Pattern, mask: string, budget: Budget): string {
  let result = "";
  let copied = 0;
  begins.lastIndex = 0;
  for (let match = begins.exec(text); match !== null; match = begins.exec(text)) {
    if (budget.work <= 0) return result + text.slice(copied, match.index) + mask;
    const { from, to, masked } = spanOf(text, match);
    begins.lastIndex = Math.max(to, match.index + 1);
    budget.work -= masked ? WORK_PER_MASK : 1;
    if (!masked) continue;
    result += text.slice(copied, from) + mask;
    copied = to;
  }
  return copied === 0 ? text : result + text.slice(copied);
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
