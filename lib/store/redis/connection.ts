/** A connection to Redis that opens when it is needed, comes back by itself, and runs each script at most once. */
import type { Runtime } from "../../runtime.ts";
import type { ScriptRunner } from "../lua/script.ts";
import type { MaybePromise } from "../port.ts";
import type { RedisTarget } from "./address.ts";
import { type Client, clientOf, end, isOfKind } from "./client.ts";
import { numberedScripts, OutOfStep } from "./numbered.ts";
import { openSubscriptions, type Subscriptions } from "./subscriptions.ts";

export interface Connection extends ScriptRunner, Pick<Subscriptions, "subscribe"> {
  /** Fails at once where the server was lost and is not back yet. */
  run: ScriptRunner["run"];
  close(): Promise<void>;
}

/** A server that answers nothing for so long is connected to anew. */
const SILENT_MS = 3_000;

interface WatchedClient {
  readonly client: Client;
  /** The first attempt. */
  readonly first: Promise<void>;
  /** When the server last gave a sign of life, or began to owe one. */
  heardAt: number;
  /** Commands under way. */
  waiting: number;
}

export function openConnection(target: RedisTarget, runtime: Runtime): Connection {
  let commands: WatchedClient | undefined;
  let lost: unknown;
  let closed = false;
  const { evaluate } = numberedScripts(runtime);
  const subscriptions = openSubscriptions(target, runtime);

  /** The first caller waits for the first attempt; once that or a connection was lost, nobody waits. */
  function opened(): MaybePromise<WatchedClient> {
    if (closed) throw failure(target, "use it", "it is closed");
    const suspect = commands && isDead(commands) ? commands : undefined;
    return suspect ? inspected(suspect).then(clientAtHand) : clientAtHand();
  }
  function clientAtHand(): MaybePromise<WatchedClient> {
    if (closed) throw failure(target, "use it", "it is closed");
    commands ??= newClient(target, runtime, (reason) => {
      lost = reason;
    });
    const watched = commands;
    if (watched.client.isReady) return watched;
    if (lost !== undefined) throw failure(target, "reach it", lost);
    return watched.first.then(() => watched);
  }
  /** A peer that vanished without a word leaves a connection that no attempt replaces before TCP's own quarter of an hour. */
  const isDead = ({ client, heardAt, waiting }: WatchedClient) =>
    (waiting > 0 || !client.isReady) && runtime.monotonicMs() - heardAt > SILENT_MS;
  /** It may be this process that stood still: then its answers have long arrived and are read by the end of the turn. */
  const inspected = (watched: WatchedClient) =>
    new Promise<void>((resolve) =>
      runtime.endOfTurn(() => {
        if (isDead(watched)) giveUp(watched, new Error(`silent for ${SILENT_MS} ms`));
        resolve();
      }),
    );
  function giveUp(watched: WatchedClient, reason: unknown): void {
    if (commands !== watched) return;
    lost = reason;
    if (watched.client.isOpen) watched.client.destroy();
    commands = undefined;
  }
  return {
    async run(script, keys, values) {
      const watched = await opened();
      // From its first unanswered command on, silence counts.
      if (watched.waiting === 0) watched.heardAt = runtime.monotonicMs();
      watched.waiting += 1;
      try {
        return await evaluate(watched.client, script, [String(keys.length), ...keys, ...values]);
      } catch (error) {
        if (leadsAstray(error)) giveUp(watched, error);
        throw failure(target, script.what, error);
      } finally {
        watched.waiting -= 1;
        watched.heardAt = runtime.monotonicMs();
      }
    },
    subscribe: subscriptions.subscribe,
    async close() {
      closed = true;
      await Promise.all([commands && end(commands.client, runtime), subscriptions.close()]);
    },
  };
}

/** @param lost Hears of each loss, and undefined once the server is there. */
function newClient(target: RedisTarget, runtime: Runtime, lost: (reason: unknown) => void): WatchedClient {
  const client = clientOf(target, runtime, false);
  const first = new Promise<void>((resolve, reject) => {
    client.on("ready", () => {
      lost(undefined);
      watched.heardAt = runtime.monotonicMs();
      resolve();
    });
    client.on("error", (error: unknown) => {
      lost(error);
      watched.heardAt = runtime.monotonicMs();
      reject(failure(target, "reach it", error));
    });
  });
  const watched: WatchedClient = { client, first, heardAt: runtime.monotonicMs(), waiting: 0 };
  first.catch(() => {});
  // Ends only with the connection; what goes wrong on the way is an event.
  client.connect().catch(() => {});
  return watched;
}

/** After a failover the name leads to another server, and this connection to a replica. */
const leadsAstray = (error: unknown): boolean =>
  error instanceof OutOfStep || isOfKind(error, "READONLY") || isOfKind(error, "MASTERDOWN");

function failure({ address }: RedisTarget, what: string, cause: unknown): Error {
  const found = cause instanceof Error ? cause.message : String(cause);
  return new Error(`redis ${address}: ${what}: a server that answers is needed, found: ${found}`, { cause });
}
