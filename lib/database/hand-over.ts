/** A result that is in memory already, as a stream's reader takes it. For databases without `traits.streams`. */
import type { TakeRows } from "./port.ts";

export async function handOver<Row>(rows: readonly Row[], batchRows: number, take: TakeRows<Row>): Promise<void> {
  for (let from = 0; ; from += batchRows) {
    const last = from + batchRows >= rows.length;
    const wanted = take(rows.slice(from, from + batchRows), last);
    if (last || !(await wanted)) return;
  }
}
