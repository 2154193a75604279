/**
 * A query of the driver's as it is held to its connection. The driver answers some before they have ended, by the same
 * two functions that it calls again at the end; those are listened to here.
 */
import { faultOf } from "../../database/fault-of.ts";
import { fillHoles } from "../../database/postgres/holes.ts";
import { isAnswer, whileRunning } from "../errors.ts";
import type { Hold, Job } from "../hold.ts";
import type { Given, RawQuery, Settle } from "./driver.ts";
import type { ReservedLine } from "./line.ts";

export type SqlHold = Hold<ReservedLine>;

/** Of queries that have failed, why. */
const failures = new WeakMap<RawQuery, { readonly reason: unknown }>();

export class Statement implements Job<ReservedLine> {
  readonly text: string;
  /** What the server has done, in its own word, such as `COMMIT`. */
  command = "";
  sentAt = 0;
  isResting = false;
  readonly #query: RawQuery;
  readonly #close: object;
  #succeeded: Settle = () => {};
  #failed: (error: unknown) => void = () => {};
  #resolve: Settle;
  #reject: Settle;
  #hold: SqlHold | undefined;
  #line: ReservedLine | undefined;
  #isAnswered = false;
  #isToldTwice = false;
  #error: unknown;

  /** @param close What a reader of a cursor says when it has had enough. */
  constructor(query: RawQuery, close: object) {
    this.#query = query;
    this.#close = close;
    this.#resolve = query.resolve;
    this.#reject = query.reject;
    this.text = query.strings[0] ?? "";
    this.#listen();
  }

  /** Sends it in its turn. Who has asked is told when the driver tells, and has the query told. */
  on(hold: SqlHold, succeeded: (value: unknown) => void, failed: (error: unknown) => void): void {
    this.#hold = hold;
    this.#succeeded = succeeded;
    this.#failed = failed;
    // Cancelled while its call waited.
    if (this.#isAnswered) failed(whileRunning(this.#error, this.text));
    else hold.ask(this);
  }

  sentText(): string {
    const { statement } = this.#query;
    const sent = (statement as { readonly string?: unknown } | null | undefined)?.string;
    return typeof sent === "string" ? sent : this.text;
  }

  succeed(value: unknown): void {
    this.#resolve(value);
  }

  fail(error: unknown): void {
    failures.set(this.#query, { reason: error });
    this.#reject(error);
  }

  send(line: ReservedLine): void {
    this.#line = line;
    // Cancelled while it waited: the driver would keep the connection for it, and never send it.
    if (this.#isAnswered) queueMicrotask(() => this.#hold?.settled(this));
    else line.send(this.#query);
  }

  refuse(reason: unknown): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    this.#failed(reason);
  }

  #listen(): void {
    const query = this.#query;
    const { cursorFn, forEachFn } = query;
    if (cursorFn) this.#listenToReader(cursorFn);
    else Object.assign(query, { resolve: this.#resolved, reject: this.#rejected });
    if (forEachFn) {
      query.forEachFn = (row, result) => {
        if (!this.#isAnswered) forEachFn(row, result);
      };
    }
  }

  /** Between two batches it is the reader who keeps things waiting. */
  #listenToReader(first: (rows: unknown) => unknown): void {
    let read = first;
    const take = (rows: unknown): unknown => {
      fillHoles(rows);
      this.#hold?.rests(this);
      return Promise.resolve(read(rows)).then((answer) => {
        // The driver would write to a socket that it has no more, which ends the process.
        if (this.#hold?.over() || this.#line?.lost() !== undefined) return new Promise(() => {});
        this.#hold?.works(this);
        if (answer === this.#close) this.#isToldTwice = true;
        return answer;
      });
    };
    // An iterator sets all three for each batch.
    Object.defineProperties(this.#query, {
      cursorFn: {
        get: () => take,
        set: (next: (rows: unknown) => unknown) => {
          read = next;
        },
      },
      resolve: {
        get: () => this.#resolved,
        set: (settle: Settle) => {
          this.#resolve = settle;
        },
      },
      reject: {
        get: () => this.#rejected,
        set: (settle: Settle) => {
          this.#reject = settle;
        },
      },
    });
  }

  #resolved: Settle = (value) => {
    fillHoles(value);
    const isFirst = !this.#isAnswered;
    this.#isAnswered = true;
    const { onlyDescribe, statement } = this.#query;
    const isStream = !Array.isArray(value) && typeof (value as { pipe?: unknown } | undefined)?.pipe === "function";
    const isEarly = isStream || this.#isToldTwice || (onlyDescribe === true && value === statement);
    this.#isToldTwice = false;
    if (isFirst) {
      this.command = String((value as { command?: unknown } | undefined)?.command ?? "");
      // Whoever copies has to read or write before there is an end.
      if (isStream) this.succeed(value);
      this.#succeeded(value);
    }
    if (!isEarly) this.#ended();
  };

  #rejected: Settle = (error) => {
    if (!this.#isAnswered) {
      this.#isAnswered = true;
      this.#error = error;
      this.#failed(whileRunning(error, this.text));
    }
    const isOfServer = isAnswer(error) || faultOf(error) === "connection" || this.#line?.lost() !== undefined;
    if (isOfServer || this.#query.state === null) this.#ended(error);
  };

  /** Once the driver is done with it: it tells of the end before it is. */
  #ended(error = this.#error): void {
    queueMicrotask(() => this.#hold?.settled(this, error));
  }
}

/**
 * A query's `cursor`. The driver's iterator says that all was read where its connection was lost between two batches, and
 * would say so where the time was over.
 */
export function wholeCursor(this: RawQuery, ...given: Given): RawQuery | AsyncIterable<unknown> {
  const { cursor } = Object.getPrototypeOf(this) as RawQuery;
  const made = cursor.apply(this, [...given]);
  if (made === this) return made;
  const check = () => {
    const failure = failures.get(this);
    if (failure) throw failure.reason;
  };
  return {
    [Symbol.asyncIterator]: () => {
      const batches = (made as AsyncIterable<unknown>)[Symbol.asyncIterator]();
      const next = async (): Promise<IteratorResult<unknown>> => {
        check();
        const read = await batches.next();
        if (read.done) check();
        return read;
      };
      return { next, return: async () => (await batches.return?.()) ?? { done: true, value: undefined } };
    },
  };
}
