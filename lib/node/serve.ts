/** Serving on Node: one port, and an end that loses no request. */
import type { AddressInfo } from "node:net";
import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import type { Tidegate } from "../tidegate.ts";

/** Requests under way may take this long to end before their connections are closed. */
const DRAIN_MS = 10_000;
const STOP_SIGNALS = ["SIGTERM", "SIGINT"] as const;

export interface Serving {
  /** Such as `http://127.0.0.1:8787`. */
  readonly url: string;
  /** Stops accepting, lets requests end, closes Tidegate. Idempotent. */
  stop(): Promise<void>;
}

export interface ServeOptions {
  readonly tide: Tidegate;
  /** Default: the configuration's. 0 takes any free port. */
  readonly port?: number;
  readonly host?: string;
}

/**
 * Listens, and stops gracefully on SIGTERM and SIGINT.
 *
 * @throws When the port cannot be had, naming it.
 * @example
 * ```ts
 * const { url } = await serve(app, { tide });
 * ```
 */
export async function serve(
  app: { readonly fetch: (request: Request, env: HttpBindings) => Response | Promise<Response> },
  { tide, port = tide.config.listen.port, host = tide.config.listen.host }: ServeOptions,
): Promise<Serving> {
  let stopping: Promise<void> | undefined;
  const server = createAdaptorServer({
    fetch: async (request, env) => {
      const response = await app.fetch(request, env as HttpBindings);
      // The last answer on a connection ends it, or the end would wait for the client to lose interest.
      if (stopping) (env as HttpBindings).outgoing.shouldKeepAlive = false;
      return response;
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const found = `serve: ${host}:${port} must be free to listen on, but was not (${cause.code}); set PORT or HOST`;
      reject(new Error(found, { cause }));
    });
    server.listen(port, host, resolve);
  });

  const stop = () => {
    stopping ??= (async () => {
      tide.drain();
      await closeGracefully(server);
      await tide.close();
      for (const signal of STOP_SIGNALS) process.off(signal, stop);
    })();
    return stopping;
  };
  for (const signal of STOP_SIGNALS) process.once(signal, stop);

  const { port: bound } = server.address() as AddressInfo;
  return { url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}`, stop };
}

function closeGracefully(server: ReturnType<typeof createAdaptorServer>): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => "closeAllConnections" in server && server.closeAllConnections(), DRAIN_MS);
    server.close(() => {
      clearTimeout(force);
      resolve();
    });
    if ("closeIdleConnections" in server) server.closeIdleConnections();
  });
}
