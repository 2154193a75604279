/** Closing a server without cutting off who is just about to speak. */
import { Server } from "node:net";
import type { ServerType } from "@hono/node-server";

/** What asks a process to end, and leaves it time to do so. */
export const STOP_SIGNALS = ["SIGTERM", "SIGINT"] as const;

/** What was cut off is sent its answer in this time; then connections are destroyed. */
const LAST_ANSWERS_MS = 1_000;

export interface Closing {
  /** Longest that requests may go on; then they are cut off. */
  readonly withinMs: number;
  /**
   * `kept`: who holds an idle connection may send one more request, the answer to which must say `Connection: close`;
   * idle ones end by the keep-alive timeout that their clients were told. `closed`: they end at once, and a request
   * that is on its way there is lost.
   */
  readonly idle: "kept" | "closed";
}

/**
 * @param cut Answers what is still under way when the time is over.
 * @returns Closes the server; resolves when the last connection is gone. A second call may only hurry the first.
 */
export function closerOf(server: ServerType, cut: () => void): (closing: Closing) => Promise<void> {
  const closed = Promise.withResolvers<void>();
  const destroy = () => "closeAllConnections" in server && server.closeAllConnections();
  let force: NodeJS.Timeout | undefined;
  return ({ withinMs, idle }) => {
    if (!force) stopListening(server, () => closed.resolve());
    clearTimeout(force);
    force = setTimeout(() => {
      cut();
      force = setTimeout(destroy, LAST_ANSWERS_MS);
    }, withinMs);
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
