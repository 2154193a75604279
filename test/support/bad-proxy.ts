/** A proxy before a server of this machine that is as bad as it is told to be: slow, deaf, refusing, forgetful. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface BadProxy {
  readonly port: number;
  /** Connections accepted so far. */
  readonly accepted: () => number;
  /** Whether one of them, by its number from 1, is still there. */
  readonly connected: (nth: number) => boolean;
  /** Everything is passed on, on connections made from now on too. */
  readonly pass: () => Promise<void>;
  /** Answers come so much later. */
  readonly delay: (ms: number) => void;
  /** Nothing arrives on either side any more, and nobody is told: connections of that time stay so for good. */
  readonly swallow: () => void;
  /** Ends what is connected, and refuses what comes. */
  readonly refuse: () => Promise<void>;
  /** Connections made from now on end at another port. */
  readonly leadTo: (port: number) => void;
  /** Passes the next request that names `word` on, and ends its connection before the answer. */
  readonly loseAnswerTo: (word: string) => void;
  /** The next request that names `word`, or what is answered to it, is gone without a trace; the rest passes. */
  readonly swallowOne: (what: "request" | "answer", word: string) => void;
  readonly close: () => Promise<void>;
}

interface Way {
  readonly nth: number;
  readonly client: Socket;
  readonly upstream: Socket;
  swallowed: boolean;
  losing: boolean;
  /** The next answer. */
  swallowing: boolean;
}

export async function badProxy(port: number): Promise<BadProxy> {
  let target = port;
  const ways = new Set<Way>();
  let accepted = 0;
  let delayMs = 0;
  let swallowing = false;
  let losing: string | null = null;
  let swallowed: { readonly what: "request" | "answer"; readonly word: string } | null = null;

  const end = ({ client, upstream }: Way) => {
    client.destroy();
    upstream.destroy();
  };
  const onRequest = (way: Way, chunk: Buffer) => {
    if (way.swallowed) return;
    if (losing !== null && chunk.includes(losing)) {
      losing = null;
      way.losing = true;
    }
    if (swallowed && chunk.includes(swallowed.word)) {
      const { what } = swallowed;
      swallowed = null;
      if (what === "request") return;
      way.swallowing = true;
    }
    way.upstream.write(chunk);
  };
  const onAnswer = (way: Way, chunk: Buffer) => {
    if (way.losing) return end(way);
    if (way.swallowing) {
      way.swallowing = false;
      return;
    }
    const pass = () => {
      if (!way.swallowed) way.client.write(chunk);
    };
    if (delayMs === 0) pass();
    else setTimeout(pass, delayMs);
  };
  const accept = (client: Socket) => {
    accepted += 1;
    const upstream = connect({ port: target, host: "127.0.0.1" });
    const way: Way = { nth: accepted, client, upstream, swallowed: swallowing, losing: false, swallowing: false };
    ways.add(way);
    client.on("data", (chunk: Buffer) => onRequest(way, chunk));
    upstream.on("data", (chunk: Buffer) => onAnswer(way, chunk));
    for (const socket of [client, upstream]) {
      socket.on("error", () => {});
      socket.on("close", () => {
        ways.delete(way);
        end(way);
      });
    }
  };
  let server = createServer(accept);
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const shut = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const way of ways) end(way);
    });
  await listen(0);
  const { port: ownPort } = server.address() as AddressInfo;

  return {
    port: ownPort,
    accepted: () => accepted,
    connected: (wanted) => [...ways].some(({ nth }) => nth === wanted),
    pass: async () => {
      delayMs = 0;
      swallowing = false;
      if (server.listening) return;
      server = createServer(accept);
      await listen(ownPort);
    },
    delay: (ms) => {
      delayMs = ms;
    },
    swallow: () => {
      swallowing = true;
      for (const way of ways) way.swallowed = true;
    },
    refuse: shut,
    leadTo: (other) => {
      target = other;
    },
    loseAnswerTo: (word) => {
      losing = word;
    },
    swallowOne: (what, word) => {
      swallowed = { what, word };
    },
    close: shut,
  };
}
