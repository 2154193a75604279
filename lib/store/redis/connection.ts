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

interface Line {
  readonly client: Client;
  /** The first attempt. */
  readonly first: Promise<void>;
  /** When the server last gave a sign of life, or began to owe one. */
  heardAt: number;
  /** Commands under way. */
  waiting: number;
}

export function openConnection(target: RedisTarget, runtime: Runtime): Connection {
  let commands: Line | undefined;
  let lost: unknown;
  let closed = false;
  const { evaluate } = numberedScripts(runtime);
  const subscriptions = openSubscriptions(target, runtime);

  /** The first caller waits for the first attempt; once that or a connection was lost, nobody waits. */
  function opened(): MaybePromise<Line> {
    if (closed) throw failure(target, "use it", "it is closed");
    const suspect = commands && isDead(commands) ? commands : undefined;
    return suspect ? inspected(suspect).then(lineAtHand) : lineAtHand();
  }
  function lineAtHand(): MaybePromise<Line> {
    if (closed) throw failure(target, "use it", "it is closed");
    commands ??= newLine(target, runtime, (reason) => {
      lost = reason;
    });
    const line = commands;
    if (line.client.isReady) return line;
    if (lost !== undefined) throw failure(target, "reach it", lost);
    return line.first.then(() => line);
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
      // From its first unanswered command on, silence counts.
      if (line.waiting === 0) line.heardAt = runtime.monotonicMs();
      line.waiting += 1;
      try {
        return await evaluate(line.client, script, [String(keys.length), ...keys, ...values]);
      } catch (error) {
        if (leadsAstray(error)) giveUp(line, error);
        throw failure(target, script.what, error);
      } finally {
        line.waiting -= 1;
        line.heardAt = runtime.monotonicMs();
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
function newLine(target: RedisTarget, runtime: Runtime, lost: (reason: unknown) => void): Line {
  const client = clientOf(target, runtime, false);
  const first = new Promise<void>((resolve, reject) => {
    client.on("ready", () => {
      lost(undefined);
      line.heardAt = runtime.monotonicMs();
      resolve();
    });
    client.on("error", (error: unknown) => {
      lost(error);
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

/** After a failover the name leads to another server, and this connection to a replica. */
const leadsAstray = (error: unknown): boolean =>
  error instanceof OutOfStep || isOfKind(error, "READONLY") || isOfKind(error, "MASTERDOWN");

function failure({ address }: RedisTarget, what: string, cause: unknown): Error {
  const found = cause instanceof Error ? cause.message : String(cause);
  return new Error(`redis ${address}: ${what}: a server that answers is needed, found: ${found}`, { cause });
}
