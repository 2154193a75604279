/**
 * The life of a transaction, whatever the driver: begun, worked in one statement at a time, and ended exactly once. Who
 * works in it may be slow, careless or gone; the driver is asked for nothing more once it is over.
 */
import { CommitUnknown, DatabaseError } from "./port.ts";

/** What a driver does for it. Each settles when the server has answered or the connection is gone. */
export interface TransactionSteps {
  begin(): Promise<unknown>;
  /** @throws DatabaseError once the connection is gone: a commit can then not even be sent. */
  assertOpen(): void;
  /** Resolves to false when the server rolled back instead, as PostgreSQL does after a failed statement. */
  commit(): Promise<boolean>;
  /** Never rejects: where it fails, it destroys the connection, which is as good. */
  rollback(): Promise<void>;
}

export interface TransactionTerms {
  /** Rejects with a {@link DatabaseError} when the transaction has to end, whatever goes on in it. */
  readonly givenUp: Promise<never>;
  /** Nothing was written, so nothing can be unknown about a commit. */
  readonly readOnly: boolean;
}

/** Runs one statement when those before it have ended. */
export type Enter = <Value>(statement: () => Promise<Value>) => Promise<Value>;

/**
 * @throws What `task` rejects with; DatabaseError when it was given up or the database failed it; CommitUnknown when the
 * commit's answer was lost; Error when `task` ended without waiting for its statements.
 * @example
 * ```ts
 * await runTransaction(steps, { givenUp, readOnly: false }, (enter) => task({ query: (each) => enter(() => send(each)) }));
 * ```
 */
export async function runTransaction<Value>(
  steps: TransactionSteps,
  terms: TransactionTerms,
  task: (enter: Enter) => Promise<Value>,
): Promise<Value> {
  let over = false;
  let underWay = 0;
  let lastStatement: Promise<unknown> = Promise.resolve();

  const enter: Enter = (statement) => {
    underWay += 1;
    const mine = lastStatement
      .then(() => (over ? Promise.reject(hasEnded()) : statement()))
      .finally(() => {
        underWay -= 1;
      });
    lastStatement = mine.catch(() => {});
    return mine;
  };
  const work = async (): Promise<Value> => {
    const value = await task(enter);
    // To commit now would keep what was sent and lose what was not.
    if (underWay > 0) throw new Error(`transaction: every statement must be awaited, ${underWay} had not ended`);
    return value;
  };

  let value: Value;
  try {
    await steps.begin();
    value = await Promise.race([work(), terms.givenUp]);
  } catch (error) {
    over = true;
    // It was told to stop, or nobody waits for it any more; its end, or that of its connection, comes before ours.
    await lastStatement;
    await steps.rollback();
    throw error;
  }
  over = true;
  steps.assertOpen();
  if (!(await commit(steps, terms.readOnly))) {
    throw new DatabaseError("statement", "The transaction was rolled back, because one of its statements had failed.");
  }
  return value;
}

async function commit(steps: TransactionSteps, readOnly: boolean): Promise<boolean> {
  try {
    return await steps.commit();
  } catch (error) {
    if (readOnly || !(error instanceof DatabaseError) || wasAnswered(error)) throw error;
    throw new CommitUnknown(error.fault, { vendorCode: error.vendorCode, cause: error.vendorError() });
  }
}

/** Oracle's answers to a commit over several databases that say that it may have happened. */
const IN_DOUBT = /^ORA-0205\d$/;

/** The server itself said no, and went on living: a deferred constraint, a serialization failure, its own timeout. */
function wasAnswered({ fault, vendorCode = "" }: DatabaseError): boolean {
  if (/^ORA-\d{5}$/.test(vendorCode)) return fault === "statement" && !IN_DOUBT.test(vendorCode);
  return /^[0-9A-Z]{5}$/.test(vendorCode) && fault !== "connection";
}

function hasEnded(): Error {
  return new Error(
    "transaction: a statement needs a transaction that is open, this one has ended; " +
      "use tx inside the callback only, await its statements, and mind the deadline",
  );
}
