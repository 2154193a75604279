/** One connection of node-redis as it is wanted here: it connects by itself, again and again, and repeats no command. */
import { createClient, ErrorReply } from "redis";
import type { Runtime } from "../../runtime.ts";
import type { RedisTarget } from "./address.ts";

export const CONNECT_TIMEOUT_MS = 2_000;
/** The longest pause between two attempts to connect. */
export const LONGEST_RETRY_MS = 1_000;
/** Until what the server has refused by its rights is asked for again: somebody has to change them first. */
export const RIGHTS_RETRY_MS = 60_000;
const FIRST_RETRY_MS = 25;
/** Commands waiting for the socket at most; a caller beyond that is refused. */
const MOST_COMMANDS_WAITING = 10_000;
const CLOSE_GRACE_MS = 500;

/** What is used of node-redis. */
export interface Client {
  readonly isOpen: boolean;
  readonly isReady: boolean;
  connect(): Promise<unknown>;
  close(): Promise<unknown>;
  destroy(): void;
  on(event: "ready" | "error", listener: (error: Error) => void): unknown;
  sendCommand(command: readonly string[]): Promise<unknown>;
  subscribe(channels: string[], listener: (message: string) => void): Promise<unknown>;
  unsubscribe(channels: string[], listener: (message: string) => void): Promise<unknown>;
}

/** @param listens For subscriptions, which may wait for the connection and need rights of their own; else for commands. */
export function clientOf(target: RedisTarget, runtime: Runtime, listens: boolean): Client {
  // Half of it by chance, so that a fleet does not come back in step.
  const reconnectStrategy = (retries: number, cause: Error) => {
    const backoffMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(retries, 10));
    return (listens && isOfKind(cause, "NOPERM") ? RIGHTS_RETRY_MS : backoffMs) * (0.5 + runtime.random() / 2);
  };
  return createClient({
    url: target.url,
    RESP: 2,
    disableOfflineQueue: !listens,
    commandsQueueMaxLength: MOST_COMMANDS_WAITING,
    // Whoever asks has a deadline of its own: none for each command beside it.
    commandOptions: { timeout: 0 },
    socket: { reconnectStrategy, connectTimeout: CONNECT_TIMEOUT_MS },
  });
}

/** What the server has said, in contrast to what has become of the connection. */
export const isErrorReply = (error: unknown): error is Error => error instanceof ErrorReply;

/**
 * Errors begin with their kind. What a command inside a script has met, servers before Redis 7 tell behind the place in
 * the script; further on there may be texts of callers.
 */
const KIND = /^(?:ERR Error running script \(call to \w+\): (?:@?user_script: ?\d+: )+-?)?([A-Z]+) /;

export const isOfKind = (error: unknown, kind: string): boolean =>
  error instanceof Error && KIND.exec(error.message)?.[1] === kind;

/** Lets what is under way finish, but not for long: a frozen server answers nobody. */
export async function end(client: Client, runtime: Runtime): Promise<void> {
  if (!client.isOpen) return;
  if (client.isReady) {
    await new Promise<void>((resolve) => {
      const timer = runtime.setTimer(resolve, CLOSE_GRACE_MS);
      const done = () => {
        runtime.clearTimer(timer);
        resolve();
      };
      client.close().then(done, done);
    });
  }
  if (client.isOpen) client.destroy();
}
