/**
 * Serving on Node: one port, and an end that loses no request.
 *
 * Map of this folder: `serve` (this file) is one process, `closing` how its server ends; `supervise` runs several and
 * replaces them one by one, with its parts in `supervisor/`; `supervised` is a worker's side of that, `messages` what the
 * two say, `restart` how either restarts; `reloadable` is for development servers; `warm-up` is before a worker is let in; `watching` is the watchdog's timer,
 * `audit-file` an audit that outlives a process.
 */
import type { AddressInfo } from "node:net";
import { createAdaptorServer, type HttpBindings, type ServerType } from "@hono/node-server";
import type { Tidegate } from "../tidegate.ts";
import { closerOf, STOP_SIGNALS } from "./closing.ts";
import { serveUnderSupervisor } from "./supervised.ts";
import { warmUp } from "./warm-up.ts";
import { keepWatch } from "./watching.ts";

export type { Hook } from "../recovery/hooks/hook.ts";
export type { StoreLog } from "../store/port.ts";
export { auditFile } from "./audit-file.ts";
export type {
  ReloadRefusal,
  ReloadReply,
  ReloadRequest,
  ReloadResult,
  SupervisorReport,
  WorkerInfo,
  WorkerState,
} from "./messages.ts";
export { reloadable } from "./reloadable.ts";
export { nodeHook } from "./restart.ts";
export { type Running, type SuperviseOptions, type Supervisor, supervise } from "./supervise.ts";
export { type SupervisorHandle, supervisorOf, type WorkerProcess } from "./supervised.ts";
export type { LedgerPlace } from "./supervisor/stalls.ts";

/** Requests under way may take this long to end before their connections are closed. */
const DRAIN_MS = 10_000;

/** A server that listens. */
export interface Serving {
  /** Such as `http://127.0.0.1:8787`. */
  readonly url: string;
  /** Stops accepting, lets requests end, closes Tidegate. Idempotent. */
  stop(): Promise<void>;
}

/** What is served, and where. */
export interface ServeOptions {
  /** Is drained and closed with the server. */
  readonly tide: Tidegate;
  /** Default: the configuration's. 0 takes any free port. */
  readonly port?: number;
  /** A name or an address to listen on. Default: the configuration's. */
  readonly host?: string;
}

/**
 * Listens, and stops gracefully on SIGTERM and SIGINT. Under `supervise` it tells the supervisor when requests can be
 * answered, and ends when another worker has taken over.
 *
 * @throws When the port cannot be had, naming it; in a worker whose supervisor has ended meanwhile.
 * @example
 * ```ts
 * const { url } = await serve(app, { tide });
 * ```
 */
export async function serve(
  app: { readonly fetch: (request: Request, env: HttpBindings) => Response | Promise<Response> },
  { tide, port = tide.config.listen.port, host = tide.config.listen.host }: ServeOptions,
): Promise<Serving> {
  let last = false;
  const server = createAdaptorServer({
    fetch: async (request, env) => {
      const response = await app.fetch(request, env as HttpBindings);
      // The last answer on a connection ends it, or the end would wait for the client to lose interest.
      if (last) (env as HttpBindings).outgoing.shouldKeepAlive = false;
      return response;
    },
  });
  const close = closerOf(server);

  let stopWatching = () => {};
  let ending: Promise<void> | undefined;
  const end = (closed: Promise<void>) => {
    ending ??= (async () => {
      await closed;
      stopWatching();
      tide.drain();
      await tide.close();
      for (const signal of STOP_SIGNALS) process.off(signal, stop);
      duty?.drained();
    })();
    return ending;
  };
  const stop = () => {
    last = true;
    tide.drain();
    return end(close({ withinMs: DRAIN_MS, idle: "closed" }));
  };
  /** The service goes on, elsewhere: whoever still comes here is served as ever. */
  const retire = (withinMs: number) => {
    if (last) return;
    last = true;
    void end(close({ withinMs, idle: "kept" }));
  };

  const duty = serveUnderSupervisor({ retire, stop });
  if (duty) await warmUp(tide);
  if (last) throw new Error("serve: listening needs its supervisor, and that has ended; start it anew");
  await listen(server, port, host);
  for (const signal of STOP_SIGNALS) process.once(signal, stop);
  const { port: bound } = server.address() as AddressInfo;
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${bound}`;
  stopWatching = keepWatch(tide);
  duty?.ready(url);
  return { url, stop };
}

function listen(server: ServerType, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const found = `serve: ${host}:${port} must be free to listen on, but was not (${cause.code}); set PORT or HOST`;
      reject(new Error(found, { cause }));
    });
    server.listen(port, host, resolve);
  });
}
