/** What need not be noticed, of all rooms: `equivalent-…` has the rows of each, with the reasons. */
import { EQUIVALENT_IN_GATE } from "./equivalent-gate.ts";
import { EQUIVALENT_IN_GUARD } from "./equivalent-guard.ts";
import { EQUIVALENT_IN_HTTP } from "./equivalent-http.ts";
import { EQUIVALENT_IN_LOG } from "./equivalent-log.ts";
import type { Equivalent } from "./equivalent-row.ts";
import type { Mutant } from "./mutants.ts";

const ALL: readonly Equivalent[] = [
  ...EQUIVALENT_IN_GATE,
  ...EQUIVALENT_IN_GUARD,
  ...EQUIVALENT_IN_HTTP,
  ...EQUIVALENT_IN_LOG,
];

export const isEquivalent = (mutant: Mutant): boolean => ALL.some((row) => isSame(row, mutant));

/** Rows of these files that say nothing of them any more. */
export function staleOf(files: readonly string[], mutants: readonly Mutant[]): readonly Equivalent[] {
  const own = ALL.filter(({ file }) => files.includes(file));
  return own.filter((row) => !mutants.some((mutant) => isSame(row, mutant)));
}

const isSame = (row: Equivalent, { file, text, from, to }: Mutant): boolean =>
  row.file === file && row.text === text && row.from === from && row.to === to;
