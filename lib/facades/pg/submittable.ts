/** Statements that are objects, among them cursors, which have a reader who comes back. */

import { whileRunning } from "../errors.ts";
import type { Hold, Job } from "../hold.ts";
import type { Callback, Cursor, Submittable } from "./driver.ts";
import type { PgLine } from "./line.ts";
import { type Given, later, textIn } from "./statement.ts";

/** Sends it in its turn. It is told of its end by itself, so the promise may be left alone. */
export function submit(hold: Hold<PgLine>, query: Submittable, rest: Given): Promise<void> {
  const { handleError, handleReadyForQuery } = query;
  const text = textIn(query);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let isSent = false;
  const job: Job<PgLine> = {
    text,
    sentAt: 0,
    isResting: false,
    send: ({ client }: PgLine) => {
      isSent = true;
      client.query(query, ...rest);
    },
    refuse: (reason) => {
      // What was sent hears it from the driver, which ends what it began.
      if (isSent) return;
      reject(reason);
      later(() => handleError.call(query, reason, null));
    },
  };
  query.handleError = (error, connection) => {
    const told = hold.over()?.reason ?? whileRunning(error, text);
    const answer = handleError.call(query, told, connection);
    hold.settled(job, error);
    reject(told);
    return answer;
  };
  query.handleReadyForQuery = (connection) => {
    const answer = handleReadyForQuery.call(query, connection);
    hold.settled(job);
    resolve();
    return answer;
  };
  const cursor = cursorIn(query);
  if (cursor) {
    followReader(hold, job, query, cursor);
    endAnyhow(cursor);
  }
  hold.ask(job);
  promise.catch(() => {});
  return promise;
}

/** A cursor by itself, or the one within a stream. */
function cursorIn(query: Submittable): Cursor | undefined {
  const cursor = (query as { cursor?: unknown }).cursor ?? query;
  const { read, close } = cursor as { read?: unknown; close?: unknown };
  return typeof read === "function" && typeof close === "function" ? (cursor as Cursor) : undefined;
}

/** Between two batches it is the reader who keeps things waiting. */
function followReader(hold: Hold<PgLine>, job: Job<PgLine>, query: Submittable, cursor: Cursor): void {
  const { read } = cursor;
  const { handlePortalSuspended } = query;
  hold.rests(job);
  cursor.read = (rows, callback) => {
    hold.works(job);
    return read.call(cursor, rows, callback);
  };
  query.handlePortalSuspended = (connection) => {
    hold.rests(job);
    return handlePortalSuspended?.call(query, connection);
  };
}

/** A cursor waits for the server's answer to its end, which never comes where the connection is gone. */
function endAnyhow(cursor: Cursor): void {
  const { close } = cursor;
  cursor.close = (callback) => {
    const { connection } = cursor;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const ended: Callback = (error) => {
      connection?.removeListener("end", ended);
      if (error) reject(error);
      else resolve();
    };
    if (connection?.stream?.destroyed) later(() => ended(undefined));
    else {
      connection?.once("end", ended);
      close.call(cursor, ended);
    }
    if (!callback) return promise;
    promise.then(
      () => callback(undefined),
      (error: unknown) => callback(error),
    );
    return undefined;
  };
}
