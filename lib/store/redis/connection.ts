/** A connection to Redis that opens when it is needed, comes back by itself, and runs each script at most once. */
import { createClient } from "redis";
import type { Runtime } from "../../runtime.ts";
import { type ScriptRunner, scriptDigests } from "../lua/script.ts";
import type { MaybePromise } from "../port.ts";
import type { RedisTarget } from "./address.ts";

export interface Connection extends ScriptRunner {
  /** Fails at once where the server was lost and is not back yet. */
  run: ScriptRunner["run"];
  /** On a second connection, opened with the first subscription. Returns what ends it. */
  subscribe(channel: string, listener: (message: string) => void): () => void;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 2_000;
const FIRST_RETRY_MS = 25;
const LONGEST_RETRY_MS = 1_000;
/** Commands waiting for the socket at most; a caller beyond that is refused. */
const MOST_COMMANDS_WAITING = 10_000;
const CLOSE_GRACE_MS = 500;
/** A server that answers nothing for so long is connected to anew. */
const SILENT_MS = 3_000;

type Client = ReturnType<typeof clientOf>;

interface Line {
  readonly client: Client;
  /** The first attempt. */
  readonly first: Promise<void>;
  /** When the server last gave a sign of life, or began to owe one. */
  heardAt: number;
  /** Commands under way. */
  waiting: number;
}

function clientOf(target: RedisTarget, runtime: Runtime, disableOfflineQueue: boolean) {
  // Half of it by chance, so that a fleet does not come back in step.
  const reconnectStrategy = (retries: number) =>
    Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(retries, 10)) * (0.5 + runtime.random() / 2);
  return createClient({
    url: target.url,
    RESP: 2,
    disableOfflineQueue,
    commandsQueueMaxLength: MOST_COMMANDS_WAITING,
    // Whoever asks has a deadline of its own: none for each command beside it.
    commandOptions: { timeout: 0 },
    socket: { reconnectStrategy, connectTimeout: CONNECT_TIMEOUT_MS },
  });
}

export function openConnection(target: RedisTarget, runtime: Runtime): Connection {
  let commands: Line | undefined;
  let subscriber: Client | undefined;
  let lost: unknown;
  let closed = false;
  const digestOf = scriptDigests();

  /** The first caller waits for the first attempt; once that or a connection was lost, nobody waits. */
  function opened(): MaybePromise<Line> {
    if (closed) throw failure(target, "use it", "it is closed");
    const suspect = commands && isDead(commands) ? commands : undefined;
    return suspect ? inspected(suspect).then(lineAtHand) : lineAtHand();
  }
  function lineAtHand(): MaybePromise<Line> {
    if (closed) throw failure(target, "use it", "it is closed");
    commands ??= connected();
    const line = commands;
    if (line.client.isReady) return line;
    if (lost !== undefined) throw failure(target, "reach it", lost);
    return line.first.then(() => line);
  }
  function connected(): Line {
    const client = clientOf(target, runtime, true);
    const first = new Promise<void>((resolve, reject) => {
      client.on("ready", () => {
        lost = undefined;
        line.heardAt = runtime.monotonicMs();
        resolve();
      });
      client.on("error", (error: unknown) => {
        lost = error;
        line.heardAt = runtime.monotonicMs();
        reject(failure(target, "reach it", error));
      });
    });
    const line: Line = { client, first, heardAt: runtime.monotonicMs(), waiting: 0 };
    first.catch(() => {});
    // Ends only with the connection; what goes wrong on the way is an event.
    client.connect().catch(() => {});
    return line;
  }
  /** A peer that vanished without a word leaves a connection that no attempt replaces before TCP's own quarter of an hour. */
  const isDead = ({ client, heardAt, waiting }: Line) =>
    (waiting > 0 || !client.isReady) && runtime.monotonicMs() - heardAt > SILENT_MS;
  /** It may be this process that stood still: then its answers have long arrived and are read by the end of the turn. */
  const inspected = (line: Line) =>
    new Promise<void>((resolve) =>
      runtime.endOfTurn(() => {
        if (isDead(line)) giveUp(line, new Error(`silent for ${SILENT_MS} ms`));
        resolve();
      }),
    );
  function giveUp(line: Line, reason: unknown): void {
    if (commands !== line) return;
    lost = reason;
    if (line.client.isOpen) line.client.destroy();
    commands = undefined;
  }
  return {
    async run(script, keys, values) {
      const line = await opened();
      const { client } = line;
      const digest = await digestOf(script);
      const rest = [String(keys.length), ...keys, ...values];
      // From its first unanswered command on, silence counts.
      if (line.waiting === 0) line.heardAt = runtime.monotonicMs();
      line.waiting += 1;
      try {
        return await client.sendCommand(["EVALSHA", digest, ...rest]).catch((error: unknown) => {
          // It has not run: the server only does not know it yet.
          if (isOfKind(error, "NOSCRIPT")) return client.sendCommand(["EVAL", script.text, ...rest]);
          throw error;
        });
      } catch (error) {
        // After a failover the name leads to another server, and this connection does not.
        if (isOfKind(error, "READONLY")) giveUp(line, error);
        throw failure(target, script.what, error);
      } finally {
        line.waiting -= 1;
        line.heardAt = runtime.monotonicMs();
      }
    },
    subscribe(channel, listener) {
      if (!subscriber) {
        subscriber = clientOf(target, runtime, false);
        // A lost wake-up costs one check, and it subscribes again by itself.
        subscriber.on("error", () => {});
        subscriber.connect().catch(() => {});
      }
      const own = subscriber;
      let wanted = true;
      const stop = () => {
        wanted = false;
        own.unsubscribe(channel, listener).catch(() => {});
      };
      // The client subscribes again by itself to what was once confirmed, and forgets what was not.
      const start = () => {
        if (!wanted || closed) return;
        own.subscribe(channel, listener).then(
          () => wanted || stop(),
          () => runtime.setTimer(start, LONGEST_RETRY_MS),
        );
      };
      start();
      return stop;
    },
    async close() {
      closed = true;
      await Promise.all([commands?.client, subscriber].map((client) => client && end(client, runtime)));
    },
  };
}

/** Errors of Redis begin with their kind. */
const isOfKind = (error: unknown, kind: string) => error instanceof Error && error.message.startsWith(`${kind} `);

/** Lets what is under way finish, but not for long: a frozen server answers nobody. */
async function end(client: Client, runtime: Runtime): Promise<void> {
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

function failure({ address }: RedisTarget, what: string, cause: unknown): Error {
  const found = cause instanceof Error ? cause.message : String(cause);
  return new Error(`redis ${address}: ${what}: a server that answers is needed, found: ${found}`, { cause });
}
