/** What restarts, for `RESTART_HOOK=webhook`: a real server that notes what it is sent, and answers as it is told to. */
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export interface Receiver {
  readonly url: string;
  /** `whsec_…`. */
  readonly secret: string;
  readonly received: { readonly headers: IncomingHttpHeaders; readonly body: string }[];
  /** From now on. */
  answer(status: number): void;
  /** No answer, until what is returned is called. */
  hold(): () => void;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const received: Receiver["received"] = [];
  let status = 202;
  let released = Promise.resolve();
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    received.push({ headers: request.headers, body });
    await released;
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/restart`,
    secret: `whsec_${Buffer.from("a secret of thirty-two bytes, or so").toString("base64")}`,
    received,
    answer: (next) => {
      status = next;
    },
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      released = promise;
      return resolve;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
