/**
 * Serving on Node: one port, and an end that loses no request.
 *
 * Map of this folder: `serve` (this file) is one process, `sendable` what it hands its server to send, `closing` how that
 * ends; `supervise` runs several and replaces them one by one, with its parts in `supervisor/`; `supervised` is a worker's
 * side of that, `messages` what the two say, `restart` how either restarts; `reloadable` is for development servers;
 * `warm-up` is before a worker is let in; `watching` is the watchdog's timer, `audit-file` an audit that outlives a
 * process; `process-lines` makes lines of the log of what else a process writes.
 */
import type { AddressInfo } from "node:net";
import { createAdaptorServer, type HttpBindings, type ServerType } from "@hono/node-server";
import type { EventLog } from "../log/events.ts";
import { processFiguresOf } from "../metrics/process-figures.ts";
import { type CutOff, type Tidegate, type UnderWay, underWay } from "../tidegate.ts";
import { closerOf, STOP_SIGNALS } from "./closing.ts";
import { sendable } from "./sendable.ts";
import { serveUnderSupervisor } from "./supervised.ts";
import { warmUp } from "./warm-up.ts";
import { keepWatch } from "./watching.ts";

export type { LineLog } from "../log/line-log.ts";
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
export { processLines } from "./process-lines.ts";
export { reloadable } from "./reloadable.ts";
export { nodeHook } from "./restart.ts";
export { type Running, type SuperviseOptions, type Supervisor, supervise } from "./supervise.ts";
export { type SupervisorHandle, supervisorOf, type WorkerProcess } from "./supervised.ts";
export type { LedgerPlace } from "./supervisor/stalls.ts";

/** A server that listens. */
export interface Serving {
  /** Such as `http://127.0.0.1:8787`. */
  readonly url: string;
  /**
   * Stops accepting, lets requests end, for `HTTP_DRAIN_SECONDS` at most, closes Tidegate. Who has no answer by then gets
   * 503 `SERVICE_UNAVAILABLE`. Idempotent.
   */
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
 * Listens, and stops gracefully on SIGTERM and SIGINT; times are the configuration's. Under `supervise` it tells the
 * supervisor when requests can be answered, and ends when another worker has taken over.
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
  let cut: CutOff | undefined;
  const requests = underWay(app, tide);
  const server = serverOf(tide, requests, inUrl(host), () => last);
  const close = closerOf(server, () => {
    cut = requests.cut();
  });

  let stopWatching = () => {};
  let ending: Promise<void> | undefined;
  const end = (closed: Promise<void>) => {
    ending ??= (async () => {
      await closed;
      stopWatching();
      tide.drain();
      await tide.close(cut);
      for (const signal of STOP_SIGNALS) process.off(signal, stop);
      duty?.drained();
    })();
    return ending;
  };
  const stop = () => {
    last = true;
    tide.drain();
    return end(close({ withinMs: tide.config.listen.drainMs, idle: "closed" }));
  };
  /** The service goes on, elsewhere: whoever still comes here is served as ever. */
  const retire = (withinMs: number) => {
    if (last) return;
    last = true;
    void end(close({ withinMs, idle: "kept" }));
  };

  const figures = processFiguresOf(tide);
  const duty = serveUnderSupervisor({ retire, stop, figures: () => figures?.own() ?? [] });
  if (duty) figures?.collectBy(duty.collect);
  if (duty) await warmUp(tide);
  if (last) throw new Error("serve: listening needs its supervisor, and that has ended; start it anew");
  await listen(server, port, host);
  for (const signal of STOP_SIGNALS) process.once(signal, stop);
  const { port: bound } = server.address() as AddressInfo;
  const url = `http://${inUrl(host)}:${bound}`;
  stopWatching = keepWatch(tide);
  // Its name is made with that: each of its lines has it from the first on.
  tide.instance();
  const log: EventLog = tide.log;
  log.info("app.started", { url, ...placesOf(tide) });
  duty?.ready(url);
  return { url, stop };
}

function serverOf(
  { config, respond }: Pick<Tidegate, "config" | "respond">,
  requests: UnderWay<[HttpBindings]>,
  hostname: string,
  isLast: () => boolean,
): ServerType {
  const { keepAliveMs, headersTimeoutMs, requestTimeoutMs } = config.listen;
  return createAdaptorServer({
    serverOptions: {
      keepAliveTimeout: keepAliveMs,
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
    },
    // Checks of balancers speak HTTP/1.0 without Host, which is no fault there.
    hostname,
    fetch: async (request, env) => {
      const { outgoing } = env as HttpBindings;
      const ended = new Promise((resolve) => outgoing.once("close", resolve));
      // Of what it throws itself, the server would say nothing in the log, and of what is no answer its own words outside.
      const response = await requests
        .serve(ended, request, env as HttpBindings)
        .then((given) => sendable(answerIn(given, request)))
        .catch((error: unknown) => respond(error, request));
      // The last answer on a connection ends it, or the end would wait for the client to lose interest.
      if (isLast()) outgoing.shouldKeepAlive = false;
      return response;
    },
  });
}

/** Also one of another realm, or of a package. @throws TypeError for what is none. */
function answerIn(given: unknown, { method, url }: Request): Response {
  const { status, headers } = (given ?? {}) as Partial<Response>;
  if (typeof status === "number" && typeof headers?.get === "function") return given as Response;
  const found = given === null ? "null" : typeof given;
  throw new TypeError(
    `${method} ${new URL(url).pathname}: a Response must be returned by what is served, was ${found}`,
  );
}

const placesOf = ({ config: { app, database, store } }: Tidegate) => ({
  env: app.env,
  database: database.address,
  store: store.address,
});

const inUrl = (host: string): string => (host.includes(":") ? `[${host}]` : host);

function listen(server: ServerType, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const found = `serve: ${host}:${port} must be free to listen on, but was not (${cause.code}); set PORT or HOST`;
      reject(new Error(found, { cause }));
    });
    server.listen(port, host, resolve);
  });
}
