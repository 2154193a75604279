/** A stream's rows, as its reader takes them: a batch at a time, the next when it is wanted. */
import type { TakeRows } from "./port.ts";

/** A result that is in memory already. For databases without `traits.streams`. */
export async function handOver<Row>(rows: readonly Row[], batchRows: number, take: TakeRows<Row>): Promise<void> {
  for (let from = 0; ; from += batchRows) {
    const last = from + batchRows >= rows.length;
    const wanted = take(rows.slice(from, from + batchRows), last);
    if (last || !(await wanted)) return;
  }
}

/** @param next Fetches the next rows; fewer than `batchRows` are the last. */
export async function handOn<Row>(next: () => Promise<Row[]>, batchRows: number, take: TakeRows<Row>): Promise<void> {
  for (;;) {
    const rows = await next();
    const last = rows.length < batchRows;
    const wanted = take(rows, last);
    // The connection is given back while the last batch is being read.
    if (last || !(await wanted)) return;
  }
}
