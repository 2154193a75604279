/**
 * Getting hold of the driver's sockets, because nothing that the driver offers ends a connection for certain.
 *
 * In thin mode `close({ drop: true })` waits for the running statement and then for the server's goodbye, and
 * `connectTimeout` is over once the listener has accepted: a server that says nothing while logging on is waited for
 * without end. The platform announces every socket on a diagnostics channel (Node and Deno), and an asynchronous
 * context tells whose it is.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";

interface Dialling {
  readonly sockets: Set<Socket>;
  isCut: boolean;
}

const diallings = new AsyncLocalStorage<Dialling>();
let listening = false;

function listen(): void {
  if (listening) return;
  listening = true;
  subscribe("net.client.socket", (announced) => {
    const mine = diallings.getStore();
    if (mine === undefined) return;
    const { socket } = announced as { readonly socket: Socket };
    mine.sockets.add(socket);
    socket.once("close", () => mine.sockets.delete(socket));
    // The driver goes on to the next address of a list. It listens for errors only after this turn.
    if (mine.isCut) queueMicrotask(() => end(socket));
  });
}

/** With an error: one that is still connecting would otherwise leave the driver waiting for its timeout. */
function end(socket: Socket): void {
  socket.destroy(new Error("The connection was given up."));
}

/**
 * @param open called at once; the sockets it opens, now and later, are the dialling's.
 * @example
 * ```ts
 * const { opened, cut } = dialling(() => oracledb.getConnection(attributes));
 * setTimeout(cut, 1_000);
 * ```
 */
export function dialling<T>(open: () => Promise<T>): { readonly opened: Promise<T>; cut(): void } {
  listen();
  const mine: Dialling = { sockets: new Set(), isCut: false };
  return {
    opened: diallings.run(mine, open),
    cut: () => {
      mine.isCut = true;
      for (const socket of mine.sockets) end(socket);
    },
  };
}
