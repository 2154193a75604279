/** Commands to one server at a time: its connection opens when it is needed, and comes back by itself. */
import type { RedisPlace } from "../../redis-url.ts";
import type { Runtime } from "../../runtime.ts";
import type { Script } from "../lua/script.ts";
import { type Client, type Endpoint, isOfKind } from "./client.ts";
import { lasting } from "./lasting.ts";
import { connectBy, type Locator, untilReplaced } from "./locator.ts";
import { misplacement, remedyFor } from "./misplaced.ts";
import { numberedScripts, OutOfStep } from "./numbered.ts";
import type { RedisSettings } from "./settings.ts";

export interface Commands {
  /**
   * Fails at once where the server was lost and is not back yet.
   *
   * @param asking Of a slot that is just moving there.
   */
  run(script: Script, keys: readonly string[], values: readonly string[], asking?: boolean): Promise<unknown>;
  /** One that bears no number, such as a question about the server itself. */
  tell(command: readonly string[]): Promise<unknown>;
  /** Before anything is asked of it. */
  open(): void;
  /** How long it has owed an answer. */
  silentMs(): number;
  /** It was lost, and is not back yet. */
  isLost(): boolean;
  close(): Promise<void>;
}

/** A server that answers nothing for so long is connected to anew. */
const SILENT_MS = 3_000;
/** One that owes an answer for so long may have been replaced. */
export const QUIET_MS = 500;
/** The longest pause between two attempts: short where another server takes over. */
const LONGEST_RETRY_MS = { server: 1_000, socket: 1_000, cluster: 250, sentinel: 250 };

export const longestRetryMs = ({ place }: RedisSettings): number => LONGEST_RETRY_MS[place.kind];

export interface CommandsOptions {
  readonly settings: RedisSettings;
  readonly locator: Locator;
  readonly runtime: Runtime;
  /** The server was given up, though its connection still was there. */
  readonly gaveUp?: (() => void) | undefined;
  /** There is a connection. */
  readonly reached?: (() => unknown) | undefined;
}

export function openCommands({ settings, locator, runtime, gaveUp, reached }: CommandsOptions): Commands {
  const { evaluate } = numberedScripts(runtime);
  let misplaced: string | null = null;
  /** When the server last gave a sign of life, or began to owe one. */
  let heardAt = runtime.monotonicMs();
  /** Commands under way. */
  let waiting = 0;
  let closed = false;
  let endpoint: Endpoint | null = null;
  let watched: Client | null = null;

  const line = lasting({
    async connect() {
      const located = await connectBy(locator, settings, runtime);
      endpoint = located.endpoint;
      return located.client;
    },
    longestRetryMs: longestRetryMs(settings),
    runtime,
    opened(client) {
      heardAt = runtime.monotonicMs();
      misplaced = null;
      if (settings.place.kind === "server" || settings.place.kind === "socket") {
        void misplacement(client).then((found) => {
          misplaced = found;
        });
      }
      reached?.();
    },
  });

  const silentMs = () => (waiting > 0 ? runtime.monotonicMs() - heardAt : 0);
  /** A peer that vanished without a word leaves a connection that no attempt replaces before TCP's own quarter of an hour. */
  const isDead = () => silentMs() > SILENT_MS;
  function giveUp(client: Client, reason: unknown): void {
    line.renew(client, reason);
    gaveUp?.();
  }
  /** Long before it is given up for its silence another may have its place. */
  async function watch(client: Client): Promise<void> {
    if (watched === client || endpoint === null) return;
    watched = client;
    const isOver = () => closed || line.client() !== client || silentMs() <= QUIET_MS;
    if (await untilReplaced(locator, endpoint, isOver, runtime)) {
      giveUp(client, new Error("it is silent, and another server has its place"));
    }
    watched = null;
  }
  /** It may be this process that stood still: then its answers have long arrived and are read by the end of the turn. */
  const inspected = (client: Client) =>
    new Promise<void>((resolve) =>
      runtime.endOfTurn(() => {
        if (isDead()) giveUp(client, new Error(`silent for ${SILENT_MS} ms`));
        resolve();
      }),
    );
  /** The first caller waits for the first attempt; once that or a connection was lost, nobody waits. */
  async function opened(): Promise<Client> {
    if (closed) throw failure(settings, "use it", "it is closed");
    const suspect = line.client();
    if (suspect && isDead()) await inspected(suspect);
    else if (suspect && silentMs() > QUIET_MS) void watch(suspect);
    if (!line.client() && line.lost() === undefined) await line.first();
    const client = line.client();
    if (client) return client;
    throw failure(settings, "reach it", closed ? "it is closed" : line.lost());
  }
  async function ask<Answer>(what: string, question: (client: Client) => Promise<Answer>): Promise<Answer> {
    const client = await opened();
    if (misplaced !== null) throw failure(settings, what, misplaced);
    // From its first unanswered command on, silence counts.
    if (waiting === 0) heardAt = runtime.monotonicMs();
    waiting += 1;
    try {
      return await question(client);
    } catch (error) {
      if (leadsAstray(error)) giveUp(client, error);
      throw failure(settings, what, error);
    } finally {
      waiting -= 1;
      heardAt = runtime.monotonicMs();
    }
  }
  return {
    run: (script, keys, values, asking) => ask(script.what, (client) => evaluate(client, script, keys, values, asking)),
    tell: (command) => ask(command.join(" "), (client) => client.send(command)),
    open: () => void line.client(),
    silentMs,
    isLost: () => line.lost() !== undefined,
    close() {
      closed = true;
      return line.close();
    },
  };
}

/** After a failover the name leads to another server, and this connection to a replica. */
const leadsAstray = (error: unknown): boolean =>
  error instanceof OutOfStep || isOfKind(error, "READONLY", "MASTERDOWN");

interface Whose {
  readonly address: string;
  readonly place: { readonly kind: RedisPlace["kind"] };
}

export function failure({ address, place }: Whose, what: string, cause: unknown): Error {
  const found = cause instanceof Error ? cause.message : String(cause);
  return new Error(
    `redis ${address}: ${what}: a server that answers is needed, found: ${found}${remedyFor(cause, place.kind)}`,
    { cause },
  );
}
