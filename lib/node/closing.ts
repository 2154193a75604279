/** Closing a server without cutting off who is just about to speak. */
import { Server } from "node:net";
import type { ServerType } from "@hono/node-server";

/** What asks a process to end, and leaves it time to do so. */
export const STOP_SIGNALS = ["SIGTERM", "SIGINT"] as const;

export interface Closing {
  /** Longest that connections may stay; then they are destroyed. */
  readonly withinMs: number;
  /**
   * `kept`: who holds an idle connection may send one more request, the answer to which must say `Connection: close`;
   * idle ones end by the keep-alive timeout that their clients were told. `closed`: they end at once, and a request
   * that is on its way there is lost.
   */
  readonly idle: "kept" | "closed";
}

/** @returns Closes the server; resolves when the last connection is gone. A second call may only hurry the first. */
export function closerOf(server: ServerType): (closing: Closing) => Promise<void> {
  const closed = Promise.withResolvers<void>();
  let force: NodeJS.Timeout | undefined;
  return ({ withinMs, idle }) => {
    if (!force) stopListening(server, () => closed.resolve());
    clearTimeout(force);
    force = setTimeout(() => "closeAllConnections" in server && server.closeAllConnections(), withinMs);
    if (idle === "closed" && "closeIdleConnections" in server) server.closeIdleConnections();
    return closed.promise.finally(() => clearTimeout(force));
  };
}

/** An http server's own `close` ends idle connections first, whatever is on its way to them. */
function stopListening(server: ServerType, closed: () => void): void {
  // Bun's has no sockets of its own to count, and only that one.
  if ("_emitCloseIfDrained" in server) Server.prototype.close.call(server as Server, closed);
  else (server as Server).close(closed);
}
