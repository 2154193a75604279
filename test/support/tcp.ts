/** Small TCP servers that misbehave on purpose, and a proxy that can be told to. */

import type { AddressInfo } from "node:net";
import { connect, createServer, type Server, type Socket } from "node:net";

export interface TcpServer {
  readonly port: number;
  /** Connections accepted so far. */
  accepted(): number;
  /** Connections that are open now. */
  connected(): number;
  /** Refuses from now on; what is connected stays. */
  refuse(): void;
  /** Resets what is connected. */
  reset(): void;
  close(): Promise<void>;
}

/** Accepts and says nothing, ever; it hears what is said, so that it notices when the other side hangs up. */
export function silentServer(): Promise<TcpServer> {
  return serve((socket) => void socket.resume());
}

/** Accepts and hangs up at once. */
export function slammingServer(): Promise<TcpServer> {
  return serve((socket) => socket.destroy());
}

/** Passes everything on to `port` of this machine; `onClient` sees each socket first and may keep it (return true). */
export function proxyTo(port: number, onClient: (socket: Socket) => boolean = () => false): Promise<TcpServer> {
  return serve((client) => {
    if (onClient(client)) return;
    const upstream = connect({ port, host: "127.0.0.1" });
    client.pipe(upstream).pipe(client);
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      // An error is passed on as one: a client of a server that is gone sees its connection reset.
      one.on("error", () => other.resetAndDestroy());
      one.on("close", () => other.destroy());
    }
  });
}

/** Passes on as {@link proxyTo}, but keeps the `nth` connection, from 1, until it is let go. */
export async function proxyKeeping(
  nth: number,
  port: number,
): Promise<{ readonly tcp: TcpServer; readonly kept: () => boolean; readonly letGo: () => void }> {
  let kept: Socket | undefined;
  const tcp = await proxyTo(port, (socket) => {
    if (tcp.accepted() === nth) kept = socket;
    return socket === kept;
  });
  return {
    tcp,
    kept: () => kept !== undefined,
    letGo: () => {
      const upstream = connect({ port, host: "127.0.0.1" });
      kept?.pipe(upstream).pipe(kept);
    },
  };
}

/** Passes on to `port` of this machine as if that were far away: half of the round trip each way, also for what is pushed. */
export function distantProxy(port: number, roundTripMs: number): Promise<TcpServer> {
  return serve((client) => {
    const upstream = connect({ port, host: "127.0.0.1", noDelay: true });
    client.setNoDelay(true);
    const later = (task: () => void) => (roundTripMs === 0 ? task() : setTimeout(task, roundTripMs / 2));
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on("data", (chunk: Buffer) => later(() => other.write(chunk)));
      one.on("error", () => {});
      one.on("close", () => later(() => other.destroy()));
    }
  });
}

/** Does with each connection what `onClient` says; nobody but `close` ends it otherwise. */
export async function serve(onClient: (socket: Socket) => void): Promise<TcpServer> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server: Server = createServer((socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    onClient(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    accepted: () => accepted,
    connected: () => sockets.size,
    refuse: () => {
      server.close();
    },
    reset: () => {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        // An error of a server that is closed already is as good as closed.
        server.close(() => resolve());
      }),
  };
}
