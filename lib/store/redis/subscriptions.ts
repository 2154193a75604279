/** What one instance listens to, on a connection of its own, which is opened with the first of it. */
import type { Runtime } from "../../runtime.ts";
import { type Client, isErrorReply } from "./client.ts";
import { lasting } from "./lasting.ts";

export interface Subscriptions {
  /**
   * Best effort: what is published while the connection is away is lost.
   *
   * @param refused Hears of it when the server refuses, once, and once more for each time that it refuses anew. It is
   *   asked again about once a minute.
   * @returns What ends it.
   */
  subscribe(
    channels: readonly string[],
    listener: (message: string) => void,
    refused?: (error: Error) => void,
  ): () => void;
  /** Listens elsewhere, where there may be another place by now. */
  renew(reason: unknown): void;
  close(): Promise<void>;
}

/** Until what the server has refused by its rights is asked for again: somebody has to change them first. */
const RIGHTS_RETRY_MS = 60_000;

interface Subscription {
  readonly channels: readonly string[];
  readonly listener: (message: string) => void;
  readonly told: (error: Error) => void;
  refused: boolean;
}

export interface SubscriptionsOptions {
  readonly connect: () => Promise<Client>;
  readonly longestRetryMs: number;
  readonly runtime: Runtime;
}

export function openSubscriptions({ connect, longestRetryMs, runtime }: SubscriptionsOptions): Subscriptions {
  const all = new Set<Subscription>();
  const opened = (client: Client) => {
    for (const one of all) begin(client, one);
  };
  const line = lasting({ connect, longestRetryMs, runtime, opened });

  function begin(client: Client, one: Subscription): void {
    const refused = (error: unknown) => {
      // Of a connection that was lost, the next one tries again.
      if (!isErrorReply(error) || !all.has(one)) return;
      if (!one.refused) one.told(error);
      one.refused = true;
      runtime.setTimer(() => again(client, one), RIGHTS_RETRY_MS * (0.5 + runtime.random() / 2));
    };
    const confirmed = () => {
      one.refused = false;
      if (!all.has(one)) stop(client, one);
    };
    client.subscribe(one.channels, one.listener).then(confirmed, refused);
  }
  function again(client: Client, one: Subscription): void {
    if (all.has(one) && line.client() === client) begin(client, one);
  }
  const stop = (client: Client, { channels, listener }: Subscription) =>
    void client.unsubscribe(channels, listener).catch(() => {});

  return {
    subscribe(channels, listener, told = () => {}) {
      const one: Subscription = { channels, listener, told, refused: false };
      const client = line.client();
      all.add(one);
      if (client) begin(client, one);
      return () => {
        all.delete(one);
        const present = line.client();
        if (present) stop(present, one);
      };
    },
    renew(reason) {
      const client = all.size > 0 ? line.client() : null;
      if (client) line.renew(client, reason);
    },
    close: () => line.close(),
  };
}
