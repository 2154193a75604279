/**
 * Asking the server to stop a statement: on a connection of its own to where the client's is, in the same way, since
 * proxies let nobody in without TLS whom they let in with it.
 */
import type { Cancel } from "../hold.ts";
import type { PgClient, PgConnection, PoolOptions } from "./driver.ts";

interface ConnectionConfig {
  readonly ssl: unknown;
  readonly sslNegotiation: string | undefined;
  readonly stream?: unknown;
}

const NONE: Cancel = { closed: Promise.resolve(false), destroy: () => {} };

export function cancelAtServer(client: PgClient, { stream }: PoolOptions): Cancel {
  const { connection: own, host = "", port, processID, secretKey } = client;
  if (!own || typeof processID !== "number" || typeof secretKey !== "number") return NONE;
  const { ssl = false, sslNegotiation } = own;
  // A function makes a socket for each connection; one socket is taken already.
  const config = { ssl, sslNegotiation, ...(typeof stream === "function" ? { stream } : {}) };
  const Connection = own.constructor as new (config: ConnectionConfig) => PgConnection;
  const closed = Promise.withResolvers<boolean>();
  try {
    const connection = new Connection(config);
    let isSent = false;
    const send = () => {
      isSent = true;
      connection.cancel(processID, secretKey);
    };
    connection.on("connect", () => {
      if (!ssl) send();
      else if (sslNegotiation !== "direct") connection.requestSsl();
    });
    connection.on("sslconnect", send);
    connection.on("error", () => closed.resolve(false));
    connection.on("end", () => closed.resolve(isSent));
    if (host.startsWith("/")) connection.connect(`${host}/.s.PGSQL.${port}`);
    else connection.connect(port, host);
    return { closed: closed.promise, destroy: () => connection.stream?.destroy?.() };
  } catch {
    return NONE;
  }
}
