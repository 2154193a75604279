/** Reading a large result a batch at a time, by a cursor in a transaction that only reads and that closes it. */
import { handOn } from "../hand-over.ts";
import type { TakeRows } from "../port.ts";
import type { Bind } from "./binds.ts";
import type { HeldSession } from "./transaction.ts";

export async function streamOn(
  held: HeldSession,
  text: string,
  binds: readonly Bind[],
  batchRows: number,
  take: TakeRows<unknown>,
): Promise<void> {
  await held.call((session) => session.openCursor(text, binds, batchRows));
  const next = () => held.call((session) => session.nextRows(batchRows));
  await handOn(next, batchRows, take);
}
