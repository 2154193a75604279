/** A connection that is opened anew, more and more seldom, until it is not wanted any more. */
import type { Runtime, Timer } from "../../runtime.ts";
import type { Client } from "./client.ts";

const FIRST_RETRY_MS = 25;

export interface Lasting {
  /** The one that is there; null while there is none. Opens the first. */
  client(): Client | null;
  /** Once the first attempt has come to its end, however it did. */
  first(): Promise<void>;
  /** Why there was none when it was last tried; undefined before that, and while there is one. */
  lost(): unknown;
  /** Gives up that client, and opens another. */
  renew(client: Client, reason: unknown): void;
  close(): Promise<void>;
}

export interface LastingOptions {
  readonly connect: () => Promise<Client>;
  /** The longest pause between two attempts. */
  readonly longestRetryMs: number;
  readonly runtime: Runtime;
  /** There is one. */
  readonly opened?: (client: Client) => void;
}

export function lasting({ connect, longestRetryMs, runtime, opened }: LastingOptions): Lasting {
  let current: Client | null = null;
  let attempt: Promise<void> | null = null;
  let lost: unknown;
  let failures = 0;
  let openedAt = 0;
  let timer: Timer;
  let closed = false;

  async function open(): Promise<void> {
    try {
      const client = await connect();
      if (closed) return client.destroy();
      current = client;
      lost = undefined;
      openedAt = runtime.monotonicMs();
      client.onLost((error) => gone(client, error));
      opened?.(client);
    } catch (error) {
      again(error);
    }
  }
  function gone(client: Client, reason: unknown): void {
    if (current !== client) return;
    current = null;
    // One that is lost at once is as good as none: whoever is led there over and over comes ever more seldom.
    if (runtime.monotonicMs() - openedAt > longestRetryMs) failures = 0;
    client.destroy();
    again(reason);
  }
  /** Half of it by chance, so that a fleet does not come back in step. */
  function again(reason: unknown): void {
    lost = reason;
    if (closed) return;
    const pauseMs = Math.min(longestRetryMs, FIRST_RETRY_MS * 2 ** Math.min(failures++, 10));
    timer = runtime.setTimer(() => void open(), pauseMs * (0.5 + runtime.random() / 2));
  }
  const begin = () => {
    attempt ??= open();
    return attempt;
  };
  return {
    client() {
      if (!closed) void begin();
      return current;
    },
    first: begin,
    lost: () => lost,
    renew: gone,
    async close() {
      closed = true;
      runtime.clearTimer(timer);
      await current?.close();
    },
  };
}
