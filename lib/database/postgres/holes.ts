/**
 * Results of postgres.js that begin with holes. Where a statement fails in the midst of its rows, at its timeout say, the
 * driver goes on counting from there, and puts the first rows of the next one on that connection behind as many holes
 * (`rows` in its connection.js; its issue 1181).
 */

const isResult = (value: unknown): value is unknown[] => Array.isArray(value) && "count" in value;

/** In place. Takes a result, or those of several statements; whatever else it is given it leaves alone. */
export function fillHoles(value: unknown): void {
  if (!Array.isArray(value)) return;
  closeUp(value);
  for (const each of value) {
    if (!isResult(each)) return;
    closeUp(each);
  }
}

function closeUp(rows: unknown[]): void {
  if (0 in rows) return;
  const first = rows.findIndex((row) => row !== undefined);
  if (first <= 0) return;
  rows.copyWithin(0, first);
  rows.length -= first;
}
