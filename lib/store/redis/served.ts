/** How long a client of node-redis has the server that it has now. */

/** As far as a client says it. */
export interface Reconnecting {
  on(event: "reconnecting", listener: () => void): unknown;
}

const SERVED = new WeakMap<object, AbortController>();

/**
 * Aborted when it hears that it has lost its server. Until then it counts as ready, and what it is given it would send to
 * the next one.
 */
export function served(client: Reconnecting): AbortSignal {
  const known = SERVED.get(client);
  if (known) return known.signal;
  client.on("reconnecting", () => {
    SERVED.get(client)?.abort();
    SERVED.set(client, new AbortController());
  });
  const first = new AbortController();
  SERVED.set(client, first);
  return first.signal;
}
