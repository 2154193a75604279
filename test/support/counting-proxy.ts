/** A proxy before a PostgreSQL that notes when the server owes an answer on which connection, and changes nothing. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** What belongs together: opening a connection, setting it up, and the statement it was opened for. */
const SAME_ASK_MS = 500;
const CANCEL_REQUEST = 80_877_102;
/** The message by which a client says goodbye: nobody owes anything for it. */
const TERMINATE = "X".charCodeAt(0);

/** A time in which the server owed an answer, or several in close succession. Wall clock, in milliseconds. */
export interface Ask {
  readonly from: number;
  /** When it was answered or given up; infinite while it is neither. */
  until: number;
}

export interface CountingProxy {
  readonly port: number;
  /** In the order in which they began; cancel requests are none. */
  readonly asks: readonly Ask[];
  readonly close: () => Promise<void>;
}

export async function countingProxy(target: number): Promise<CountingProxy> {
  const asks: Ask[] = [];
  const sockets = new Set<Socket>();

  const server = createServer((client) => {
    const upstream = connect({ port: target, host: "127.0.0.1" });
    let ask: Ask | null = null;
    let first = true;
    let cancels = false;
    const begin = () => {
      const now = Date.now();
      if (ask && now - ask.until <= SAME_ASK_MS) ask.until = Number.POSITIVE_INFINITY;
      if (ask?.until === Number.POSITIVE_INFINITY) return;
      ask = { from: now, until: Number.POSITIVE_INFINITY };
      asks.push(ask);
    };
    const end = () => {
      if (ask?.until === Number.POSITIVE_INFINITY) ask.until = Date.now();
    };
    client.on("data", (chunk: Buffer) => {
      if (first) cancels = chunk.length === 16 && chunk.readUInt32BE(4) === CANCEL_REQUEST;
      if (!cancels && (first || chunk[0] !== TERMINATE)) begin();
      first = false;
      upstream.write(chunk);
    });
    upstream.on("data", (chunk: Buffer) => {
      end();
      client.write(chunk);
    });
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        end();
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    asks,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** The most that were owed at a time. */
export function mostAtOnce(asks: readonly Ask[]): number {
  return asks.reduce(
    (most, { from }) => Math.max(most, asks.filter((other) => other.from <= from && from < other.until).length),
    0,
  );
}

/** The shortest time from the beginning of one to that of the next; infinite where there is no next. */
export function shortestGapMs(asks: readonly Ask[]): number {
  return asks
    .slice(1)
    .reduce((least, { from }, n) => Math.min(least, from - (asks[n]?.from ?? 0)), Number.POSITIVE_INFINITY);
}
