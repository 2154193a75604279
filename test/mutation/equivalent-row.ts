/** A mutant that nobody can tell from the code as it is, but for what it costs: what is known not to count. */
export interface Equivalent {
  readonly file: string;
  /** The line that it is in, without its indentation. */
  readonly text: string;
  readonly from: string;
  readonly to: string;
  readonly why: string;
}

/** A line, and what may stand in it without a difference. */
export const same = (
  file: string,
  text: string,
  why: string,
  ...changes: readonly (readonly [from: string, to: string])[]
): readonly Equivalent[] => changes.map(([from, to]) => ({ file, text, from, to, why }));
