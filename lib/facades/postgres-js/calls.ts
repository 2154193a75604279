/** Calls of a guarded `sql`, each under one permit: a statement, a transaction, or a reserved connection. */
import { CommitUnknown, DatabaseError } from "../../database/port.ts";
import type { AmbientLimits } from "../../guard/ambient.ts";
import type { Insides } from "../../guard/insides.ts";
import { type FacadeOptions, limitsHere } from "../options.ts";
import { permitsOf } from "../permits.ts";
import { type Connections, connectionsOf, isEnded } from "./connections.ts";
import type { Given, RawReserved, RawSql } from "./driver.ts";
import { addressOf } from "./health.ts";
import { BEGUN, reserve } from "./reservation.ts";
import type { SqlHold, Statement } from "./statement.ts";
import type { Run } from "./tag.ts";
import { transactionOn, type Work } from "./transaction.ts";

export interface Calls {
  readonly run: Run;
  begin(...given: Given): Promise<unknown>;
  reserve(): Promise<RawReserved>;
  readonly connections: Connections;
}

/** @param notify The pool's own, wherever it is called. */
export function callsOf(raw: RawSql, insides: Insides, options: FacadeOptions, notify: () => unknown): Calls {
  const { guard, runtime } = insides;
  const connections = connectionsOf(raw, runtime);
  const under = permitsOf(
    {
      take: connections.take,
      // The application has ended it.
      classify: (error) => (connections.isClosed() || isEnded(error) ? "ignored" : undefined),
    },
    insides,
    addressOf(raw.options),
  );
  const limits = (written?: AmbientLimits) => limitsHere(guard, options, written);

  const alone = (hold: SqlHold, statement: Statement): void =>
    statement.on(
      hold,
      (value) => {
        const unfit = BEGUN.test(statement.command) && unsafeTransaction();
        if (unfit) hold.fail(unfit, unfit);
        else hold.succeed(value);
      },
      (error) => hold.fail(error),
    );

  function begin(...given: Given): Promise<unknown> {
    const [words, work] = given.length > 1 ? [String(given[0]), given[1]] : ["", given[0]];
    if (typeof work !== "function") {
      return Promise.reject(new TypeError(`sql.begin: a callback is needed, was ${typeof work}`));
    }
    let isCommitting = false;
    const committing = (isUnderWay: boolean) => {
      isCommitting = isUnderWay;
    };
    const call = under(
      limits(),
      (hold, line) => {
        // Whatever its callback does then, it is over when its connection is.
        hold.whenEnded(() => {
          const over = hold.over();
          if (over) hold.fail(over.reason);
        });
        transactionOn({ hold, line, close: raw.CLOSE, notify, committing }, words, work as Work).then(
          (value) => hold.succeed(value),
          (error: unknown) => hold.fail(error),
        );
      },
      false,
    );
    return call.catch((error: unknown) => {
      // Answered before its end, at the deadline or for a caller who left.
      if (!isCommitting || error instanceof CommitUnknown) throw error;
      throw new CommitUnknown(error instanceof DatabaseError ? error.fault : "cancelled", { cause: error });
    });
  }

  return {
    connections,
    begin,
    reserve: () => reserve(under, insides, limits(), { close: raw.CLOSE, notify }),
    run: (statement, written) => {
      under(limits(written), (hold) => alone(hold, statement), true).then(
        (value) => statement.succeed(value),
        (error: unknown) => statement.fail(error),
      );
    },
  };
}

/** In the driver's own words, which it says where a connection is not reserved. */
const unsafeTransaction = (): Error =>
  Object.assign(new Error("UNSAFE_TRANSACTION: Only use sql.begin or sql.reserve"), { code: "UNSAFE_TRANSACTION" });
