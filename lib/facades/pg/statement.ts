/** How statements are asked for at `pg`: for a promise, for a callback, or as an object that hears its answer itself. */

import { whileRunning } from "../errors.ts";
import type { Hold, Job } from "../hold.ts";
import type { Callback } from "./driver.ts";
import type { PgLine } from "./line.ts";

export type Given = readonly unknown[];

export const textIn = (asked: unknown): string => {
  const text = typeof asked === "object" && asked !== null && "text" in asked ? asked.text : asked;
  return typeof text === "string" ? text : "";
};

/** The callback, wherever it stands. */
export function callbackIn(given: Given): Callback | undefined {
  const within = hasCallback(given[0]) ? given[0].callback : undefined;
  return [given[2], given[1], within].find((one) => typeof one === "function") as Callback | undefined;
}

const hasCallback = (asked: unknown): asked is { readonly callback: unknown } =>
  typeof asked === "object" && asked !== null && "callback" in asked;

/** Without it: the promise is ours to answer by. */
function uncalled(given: Given): Given {
  const [first, ...rest] = given;
  const asked = hasCallback(first) ? Object.create(first, { callback: { value: undefined } }) : first;
  return [asked, ...rest.filter((one) => typeof one !== "function")];
}

/** Who hears what has become of a statement. */
export interface Asker {
  succeed(result: unknown): void;
  fail(error: unknown): void;
}

/** Sends a statement in its turn. */
export function run(hold: Hold<PgLine>, given: Given, asker: Asker): void {
  const text = textIn(given[0]);
  const asked = callbackIn(given) || hasCallback(given[0]) ? uncalled(given) : given;
  const failed = (error: unknown) => {
    hold.settled(job, error);
    asker.fail(whileRunning(error, text));
  };
  const send = ({ client }: PgLine) => {
    try {
      const answer = client.query(...asked) as Promise<unknown>;
      answer.then((result) => {
        hold.settled(job);
        asker.succeed(result);
      }, failed);
    } catch (error) {
      failed(error);
    }
  };
  const job: Job<PgLine> = { text, sentAt: 0, isResting: false, send, refuse: (reason) => asker.fail(reason) };
  hold.ask(job);
}

/** Whatever it throws is nobody's here. */
export const later = (task: () => unknown): void => queueMicrotask(() => void task());

/** In the way that it was asked: what a callback throws is its own affair, and no rejection of ours. */
export function answered<Value>(answer: Promise<Value>, callback: Callback | undefined): unknown {
  if (!callback) return traced(answer);
  answer.then(
    (value) => later(() => callback(undefined, value)),
    (error: unknown) => later(() => callback(error)),
  );
  return undefined;
}

/** As `pg` does: the stack of its errors begins at a socket, which says nothing to who has asked. */
function traced<Value>(answer: Promise<Value>): Promise<Value> {
  return answer.catch((error: unknown) => {
    if (error instanceof Error && "severity" in error) Error.captureStackTrace?.(error);
    throw error;
  });
}
