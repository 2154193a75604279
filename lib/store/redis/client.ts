/** One connection of node-redis as it is wanted here: opened once, told when it is lost, and repeating no command. */
import { notInstalled } from "../../optional-package.ts";
import type { RedisNode } from "../../redis-url.ts";
import type { Runtime } from "../../runtime.ts";
import { withDeadline } from "../../time.ts";
import type { RedisLogin, RedisSettings } from "./settings.ts";

/** For each step of an attempt to connect: to be told where, to be given a password, to be let in. */
export const CONNECT_TIMEOUT_MS = 2_000;
/** Commands waiting for the socket at most; a caller beyond that is refused. */
const MOST_COMMANDS_WAITING = 10_000;
const CLOSE_GRACE_MS = 500;

export interface Client {
  /** @param key Of what the command is about: leads it to the right server where there are several. */
  send(command: readonly string[], key?: string): Promise<unknown>;
  subscribe(channels: readonly string[], listener: (message: string) => void): Promise<unknown>;
  unsubscribe(channels: readonly string[], listener: (message: string) => void): Promise<unknown>;
  /** `listener` hears, once, of its end: whoever wants to go on opens another. */
  onLost(listener: (error: unknown) => void): void;
  /** Lets what is under way finish, but not for long: a frozen server answers nobody. */
  close(): Promise<void>;
  /** At once. Whatever is under way fails. */
  destroy(): void;
}

/** Where one connection leads. */
export type Endpoint = RedisNode | { readonly path: string };

type Package = Pick<typeof import("redis"), "createClient">;
/** It is one of CommonJS, whose names bundlers have below `default` alone. */
type Loaded = Package | { readonly default: Package };

/** @param login Whose. The Sentinels may have users of their own. */
export async function connectTo(
  endpoint: Endpoint,
  { tls, database }: Pick<RedisSettings, "tls" | "database">,
  login: RedisLogin,
  runtime: Runtime,
): Promise<Client> {
  // An optional peer: not needed by whoever brings a client.
  const loaded: Loaded = await import("redis").catch((cause: unknown) => {
    throw new TypeError(notInstalled("redis", "redis"), { cause });
  });
  const { createClient } = "createClient" in loaded ? loaded : loaded.default;
  const password = await passwordOf(login, runtime);
  const encryption = tls && { ...tls, tls: true };
  const client = createClient({
    ...(login.username !== null && { username: login.username }),
    ...(password !== null && { password }),
    database,
    RESP: 2,
    disableOfflineQueue: true,
    commandsQueueMaxLength: MOST_COMMANDS_WAITING,
    // Whoever asks has a deadline of its own: none for each command beside it.
    commandOptions: { timeout: 0 },
    socket: { ...endpoint, ...encryption, reconnectStrategy: false, connectTimeout: CONNECT_TIMEOUT_MS } as object,
  });
  const destroy = () => {
    try {
      client.destroy();
    } catch {
      // Earlier releases throw where it has ended by itself.
    }
  };
  const lost = Promise.withResolvers<unknown>();
  client.on("error", lost.resolve);
  try {
    const refuse = () => new Error(`it lets nobody in within ${CONNECT_TIMEOUT_MS} ms`);
    await withDeadline(client.connect(), { ms: CONNECT_TIMEOUT_MS, runtime, refuse });
  } catch (error) {
    destroy();
    throw error;
  }
  return {
    send: (command) => client.sendCommand(command),
    subscribe: (channels, listener) => client.subscribe([...channels], listener),
    unsubscribe: (channels, listener) => client.unsubscribe([...channels], listener),
    onLost: (listener) => void lost.promise.then(listener),
    async close() {
      const terms = { ms: CLOSE_GRACE_MS, runtime, refuse: () => undefined };
      if (client.isReady) await withDeadline(client.close(), terms).catch(() => {});
      destroy();
    },
    destroy,
  };
}

/** Asked anew each time, since it may have changed. */
async function passwordOf({ password }: RedisLogin, runtime: Runtime): Promise<string | null> {
  if (typeof password !== "function") return password;
  const asked = Promise.resolve()
    .then(() => password())
    .catch((cause: unknown) => {
      const found = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`the password function failed: ${found}`, { cause });
    });
  const refuse = () => new Error(`the password function must answer within ${CONNECT_TIMEOUT_MS} ms, and did not`);
  const given: unknown = await withDeadline(asked, { ms: CONNECT_TIMEOUT_MS, runtime, refuse });
  if (typeof given === "string") return given;
  throw new Error(`the password function must return a text, and returned ${given === null ? "null" : typeof given}`);
}

/** What the server has said begins with its kind; what has become of the connection does not, whoever's words it is in. */
export const isErrorReply = (error: unknown): error is Error =>
  error instanceof Error && /^[A-Z]{2,}[A-Z0-9]* /.test(error.message);

/**
 * Errors begin with their kind. What a command inside a script has met, servers before Redis 7 tell behind the place in
 * the script; further on there may be texts of callers.
 */
const KIND = /^(?:ERR Error running script \(call to \w+\): (?:@?user_script: ?\d+: )+-?)?([A-Z]+) /;

export const kindOf = (error: unknown): string | null =>
  error instanceof Error ? (KIND.exec(error.message)?.[1] ?? null) : null;

export const isOfKind = (error: unknown, ...kinds: readonly string[]): boolean => kinds.includes(kindOf(error) ?? "");
