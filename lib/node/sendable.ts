/**
 * Answers as Hono's adapter for Node is to send them. By itself it tells a caller in plain text with what a body has
 * failed, and writes over an answer that the handler has sent by Node's own means, once a middleware has copied that.
 */
import { setImmediate } from "node:timers/promises";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";

const ALREADY_SENT = "x-hono-already-sent";
/** Where the adapter's own kind of response has status, body and headers, until somebody reads it as a stream. */
const AS_GIVEN = "cache";
/** As the adapter does, for a length of what is short. */
const MOST_READS_AHEAD = 3;

type Reader = ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
type Read = ReturnType<Reader["read"]>;

/** @throws What its body has failed with before any of it was sent. */
export async function sendable(response: Response): Promise<Response> {
  if (response.headers.get(ALREADY_SENT) !== null) return RESPONSE_ALREADY_SENT;
  if (isAtHand(response) || response.body === null || response.body.locked) return response;
  const reader = response.body.getReader();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  while (chunks.length < MOST_READS_AHEAD) {
    const reading = reader.read();
    const read = await Promise.race([reading, setImmediate(null)]);
    if (read === null) return new Response(goneOn(reader, chunks, reading), response);
    // What is to be sent in chunks may have no length beside.
    if (read.done && response.headers.has("transfer-encoding")) break;
    if (read.done) return new Response(Buffer.concat(chunks), response);
    chunks.push(read.value);
  }
  return new Response(goneOn(reader, chunks), response);
}

/** Whole: nothing of it can fail, and it is sent without a stream. */
function isAtHand(response: Response): boolean {
  const place = Object.getOwnPropertySymbols(response).find(({ description }) => description === AS_GIVEN);
  const given: unknown = place && Reflect.get(response, place);
  return Array.isArray(given) && !(given[1] instanceof ReadableStream);
}

/** What was read, and the rest as it comes. */
function goneOn(reader: Reader, chunks: readonly Uint8Array<ArrayBuffer>[], begun?: Read): ReadableStream {
  let next = begun;
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => {
      for (const chunk of chunks) controller.enqueue(chunk);
    },
    pull: async (controller) => {
      const reading = next ?? reader.read();
      next = undefined;
      const read = await reading.catch((cause: unknown) => {
        // Its own words may hold what is for nobody outside.
        throw new Error("the answer broke off", { cause });
      });
      if (read.done) controller.close();
      else controller.enqueue(read.value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
