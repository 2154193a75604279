/**
 * For developers: the errors of a database in the vendor's words as well, without secrets. Not for production, where the
 * message of an error may reach a client.
 */
import { messageOf } from "./failure.ts";
import { type Database, DatabaseError, type HeldConnection } from "./port.ts";

/** By whichever wrapper: an error is told once. */
const told = new WeakSet<DatabaseError>();

/**
 * Explains an error in place: its identity, class and stack are its callers' to rely on.
 *
 * @param redact takes secrets out of a text.
 */
export function explaining(redact: (text: string) => string): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof DatabaseError) || told.has(error)) return;
    told.add(error);
    const vendor = error.vendorError();
    const reason = vendor === undefined ? "" : messageOf(vendor).trim();
    if (reason === "" || error.message.includes(reason)) return;
    const code = error.vendorCode === undefined ? "" : ` (${error.vendorCode})`;
    const message = `${error.message.replace(/\.$/, "")}: ${redact(reason)}${code}`;
    const stack = error.stack?.replace(error.message, () => message);
    error.message = message;
    if (stack !== undefined) error.stack = stack;
  };
}

/** @param redact takes secrets out of a text. */
export function explained(database: Database, redact: (text: string) => string): Database {
  const tell = explaining(redact);
  async function telling<Value>(call: Promise<Value>): Promise<Value> {
    try {
      return await call;
    } catch (error) {
      tell(error);
      throw error;
    }
  }
  const { forRequest } = database;
  return {
    ...database,
    ...(forRequest && { forRequest: () => explained(forRequest(), redact) }),
    query: (...call) => telling(database.query(...call)),
    transaction: (execution, mode, task) =>
      telling(
        database.transaction(execution, mode, (held) => {
          const toldHeld: HeldConnection = { query: (statement) => telling(held.query(statement)) };
          return task(toldHeld);
        }),
      ),
    stream: (...call) => telling(database.stream(...call)),
  };
}
