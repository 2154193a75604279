/**
 * Asking the server to stop a statement, which takes a connection of its own. When that has done its work the driver tells
 * by the events of its socket, and takes them down where TLS begins (`secure` in its connection.js). What it does after
 * every connection is to ask how long to wait before the next: so that is where it is heard.
 */
import type postgres from "postgres";

/** Only what a cancel needs; the driver types the rest per row. */
export type Query = { cancel(): void };

type Client = Pick<postgres.Sql, "options">;
type Backoff = (retries: number) => number;

/**
 * Resolves when the request has arrived, or come to nothing: its connection is closed then. Never rejects.
 *
 * Not by `query.cancel()`, which calls the same inside and drops its promise, whose rejection would end the process.
 */
export function cancelled(client: Client, query: Query): Promise<void> {
  const { canceller } = query as unknown as { canceller?: ((query: Query) => Promise<void>) | null };
  if (canceller === undefined || canceller === null) {
    query.cancel();
    return Promise.resolve();
  }
  const options = client.options as unknown as { backoff: number | Backoff };
  const { backoff } = options;
  const closed = Promise.withResolvers<void>();
  // It is read as the connection is made, in this very turn.
  options.backoff = () => {
    closed.resolve();
    return 0;
  };
  try {
    canceller(query).then(closed.resolve, () => closed.resolve());
  } finally {
    options.backoff = backoff;
  }
  return closed.promise;
}
