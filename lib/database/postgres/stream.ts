/**
 * Reading a large result a batch at a time, by a cursor in a transaction that only reads.
 *
 * Not by the driver's own cursor: its portal stays "active" between batches, where the server's statement timeout is
 * deaf and its timeout for idle transactions does not apply, so that nothing but us would ever end a stalled one; and
 * leaving it early does not wait for the server. A `fetch` is a statement like any other: cancelled, timed, answered.
 */
import { handOn } from "../hand-over.ts";
import type { TakeRows } from "../port.ts";
import type { Bind } from "../wire/binds.ts";
import { declareText, fetchText } from "../wire/transactions.ts";
import type { HeldChannel } from "./transaction.ts";

export async function streamOn(
  channel: HeldChannel,
  text: string,
  binds: Bind[],
  batchRows: number,
  take: TakeRows<unknown>,
): Promise<void> {
  // Everything is going to be read; by default a cursor is planned for the first tenth.
  await channel.control("set local cursor_tuple_fraction = 1");
  await channel.statement(declareText(text), binds);
  await handOn(() => channel.control(fetchText(batchRows)), batchRows, take);
}
