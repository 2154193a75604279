/**
 * The sockets of a pool's connections. The driver only says farewell on them, which a server that stands still never
 * hears, and the place of such a connection in its pool would be lost for as long. So it is handed sockets that are known
 * here, by its own option for that.
 */
import { callContext, platformName } from "../../runtime.ts";
import type { DriverConnection, RawOptions, Socket } from "./driver.ts";

export interface Sockets {
  /** Notes the socket that is opened for `ask`, if one is, for the connection that it resolves to. */
  opening(ask: () => Promise<DriverConnection>): Promise<DriverConnection>;
  /** Undefined where it is not known: one that was opened before, or on a platform or to hosts that choose themselves. */
  of(connection: DriverConnection): Socket | undefined;
}

interface Opening {
  socket?: Socket;
}

interface NetSocket extends Socket {
  connect(...given: readonly unknown[]): unknown;
  host?: string | undefined;
  port?: number | undefined;
}

interface Platform {
  readonly process?: {
    getBuiltinModule?(name: string): { readonly Socket: new () => NetSocket } | undefined;
  };
}

export function socketsOf(options: RawOptions): Sockets {
  const known = new WeakMap<DriverConnection, Socket>();
  const make = maker(options);
  const context = make && callContext<Opening>();
  if (!make || !context) return { opening: (ask) => ask(), of: () => undefined };
  const note = (made: unknown): unknown => {
    const opening = context.getStore();
    if (opening) opening.socket = made as Socket;
    return made;
  };
  options.socket = (given) => {
    const made = make(given);
    return made instanceof Promise ? made.then(note) : note(made);
  };
  return {
    opening: async (ask) => {
      const opening: Opening = {};
      const connection = await context.run(opening, ask, undefined);
      if (opening.socket) known.set(connection, opening.socket);
      return connection;
    },
    of: (connection) => known.get(connection),
  };
}

/** How the driver would have made it. Null where that cannot be done alike: with several hosts it takes them in turns. */
function maker({ socket, host: hosts }: RawOptions): RawOptions["socket"] | null {
  if (socket) return socket;
  const net = (globalThis as Platform).process?.getBuiltinModule?.("node:net");
  if (!net || platformName() === "workerd" || hosts.length !== 1) return null;
  return ({ host: [host], port: [port], path }) => {
    const made = new net.Socket();
    if (path) return made.connect(path);
    made.connect(port, host);
    // Certificates are looked at by that name.
    made.host = host;
    made.port = port;
    return made;
  };
}
