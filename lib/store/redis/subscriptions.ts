/** What one instance listens to, on a connection of its own, which is opened with the first of it. */
import type { Runtime } from "../../runtime.ts";
import type { RedisTarget } from "./address.ts";
import { type Client, clientOf, end, isErrorReply, isOfKind, LONGEST_RETRY_MS, RIGHTS_RETRY_MS } from "./client.ts";

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
  close(): Promise<void>;
}

interface Subscription {
  readonly told: (error: Error) => void;
  /** The server has confirmed it; the client then renews it by itself. */
  confirmed: boolean;
  refused: boolean;
}

export function openSubscriptions(target: RedisTarget, runtime: Runtime): Subscriptions {
  let opened: Client | undefined;
  let closed = false;
  const all = new Set<Subscription>();

  const tellOnce = (one: Subscription, error: Error) => {
    if (!one.refused) one.told(error);
    one.refused = true;
  };
  function connected(): Client {
    const client = clientOf(target, runtime, true);
    client.on("ready", () => {
      for (const one of all) if (one.confirmed) one.refused = false;
    });
    // A lost push costs one renewal, and it subscribes again by itself; unless its rights were taken away meanwhile.
    client.on("error", (error: unknown) => {
      if (!isErrorReply(error) || !isOfKind(error, "NOPERM")) return;
      for (const one of all) if (one.confirmed) tellOnce(one, error);
    });
    client.connect().catch(() => {});
    return client;
  }
  return {
    subscribe(channels, listener, told = () => {}) {
      opened ??= connected();
      const client = opened;
      const one: Subscription = { told, confirmed: false, refused: false };
      all.add(one);
      const stop = () => {
        all.delete(one);
        client.unsubscribe([...channels], listener).catch(() => {});
      };
      const refused = (error: unknown) => {
        if (isErrorReply(error)) tellOnce(one, error);
        const drawn = 0.5 + runtime.random() / 2;
        runtime.setTimer(start, isErrorReply(error) ? RIGHTS_RETRY_MS * drawn : LONGEST_RETRY_MS);
      };
      const confirmed = () => {
        if (!all.has(one)) return stop();
        one.confirmed = true;
        one.refused = false;
      };
      // The client subscribes again by itself to what was once confirmed, and forgets what was not.
      function start(): void {
        if (all.has(one) && !closed) client.subscribe([...channels], listener).then(confirmed, refused);
      }
      start();
      return stop;
    },
    async close() {
      closed = true;
      if (opened) await end(opened, runtime);
    },
  };
}
