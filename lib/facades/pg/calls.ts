/** Calls of a guarded pool, each under one permit: a statement by itself, or a connection until it is released. */
import type { Insides } from "../../guard/insides.ts";
import { type FacadeOptions, limitsHere } from "../options.ts";
import { lend, permitsOf, type Task } from "../permits.ts";
import { type Lent, lendClient } from "./client.ts";
import { connectionsOf } from "./connections.ts";
import type { RawPool, Submittable } from "./driver.ts";
import { addressOf } from "./health.ts";
import type { PgLine } from "./line.ts";
import { callbackIn, type Given, later, run } from "./statement.ts";
import { submit } from "./submittable.ts";

export interface Calls {
  query(given: Given): Promise<unknown>;
  /** The object is told of its end by itself, so nobody has to look at this. */
  submit(query: Submittable, rest: Given): Promise<unknown>;
  connect(): Promise<Lent>;
  /** Of those with a permit, how many wait for a connection. */
  waiting(): number;
  /** Turns away who waits for a connection. */
  close(): void;
}

export function callsOf(pool: RawPool, insides: Insides, options: FacadeOptions): Calls {
  const connections = connectionsOf(pool, insides.runtime);
  const under = permitsOf(connections, insides, addressOf(pool.options));
  const limits = () => limitsHere(insides.guard, options);
  const alone = (task: Task<PgLine>): Promise<unknown> => under(limits(), task, true);

  return {
    waiting: connections.waiting,
    close: connections.close,
    query: (given) => alone((hold) => run(hold, given, hold)),
    submit: (query, rest) => {
      const callback = query.callback ?? callbackIn([null, ...rest]);
      let result: unknown;
      let isAsked = false;
      query.callback = (error, value) => {
        result = value;
        callback?.(error, value);
      };
      const ended = alone((hold) => {
        isAsked = true;
        submit(hold, query, rest).then(
          () => hold.succeed(result),
          (error: unknown) => hold.fail(error),
        );
      });
      ended.catch((error: unknown) => {
        if (!isAsked) later(() => query.handleError(error, null));
      });
      return ended;
    },
    connect: async () => {
      let lent: Lent | undefined;
      const { hold, line } = await lend(under, insides, limits(), () => lent?.isReleased() === false);
      lent = lendClient(line.client, hold);
      return lent;
    },
  };
}
