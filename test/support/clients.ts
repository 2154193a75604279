/** Clients of one address that never ask twice: what is lost is counted. */
import { Agent, request } from "node:http";
import { setTimeout } from "node:timers/promises";

const HOST = "127.0.0.1";

export interface Client {
  readonly path: string;
  readonly keepAlive: boolean;
  /** Longest pause between two requests, during which the connection is idle. */
  readonly pauseMs: number;
}

export interface Clients {
  answered(): number;
  /** Each request that was not answered with 200, in words. */
  readonly failures: readonly string[];
  /** How many connections were opened, and how many answers said that they were the last on theirs. */
  figures(): { readonly connections: number; readonly lastAnswers: number };
  stop(): Promise<void>;
}

/** Each of them asks, waits for the answer, pauses, and asks again. */
export function startClients(port: number, clients: readonly Client[]): Clients {
  const failures: string[] = [];
  const sockets = new Set<unknown>();
  let [answered, lastAnswers, over] = [0, 0, false];

  const ask = (client: Client, agent: Agent) =>
    new Promise<void>((resolve) => {
      const fail = (how: string) => {
        failures.push(`${client.path} keep-alive=${client.keepAlive}: ${how}`);
        resolve();
      };
      const asked = request({ agent, host: HOST, port, path: client.path });
      asked.once("socket", (socket) => sockets.add(socket));
      asked.once("error", (error: NodeJS.ErrnoException) =>
        fail(`${error.code} reused=${asked.reusedSocket} ${error.message}`),
      );
      asked.once("response", (response) => {
        response.once("error", (error) => fail(`broken off: ${error.message}`));
        response.once("end", () => {
          if (response.statusCode !== 200) return fail(`${response.statusCode}`);
          answered += 1;
          if (client.keepAlive && response.headers.connection === "close") lastAnswers += 1;
          resolve();
        });
        response.resume();
      });
      asked.end();
    });
  const run = async (client: Client) => {
    const agent = new Agent({ keepAlive: client.keepAlive, maxSockets: 1 });
    while (!over) {
      await ask(client, agent);
      if (client.pauseMs > 0) await setTimeout(Math.random() * client.pauseMs);
    }
    agent.destroy();
  };
  const running = clients.map(run);
  return {
    answered: () => answered,
    failures,
    figures: () => ({ connections: sockets.size, lastAnswers }),
    stop: async () => {
      over = true;
      await Promise.all(running);
    },
  };
}
