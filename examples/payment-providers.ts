/**
 * A shop with three payment providers, each behind a gate of its own, and orders in a database behind the main gate.
 * The providers are made up, and run in this process: `fine` takes every payment, `broken` answers 503 and says when to
 * come back, `hanging` sends its headers and half a body, and then nothing.
 *
 * ```sh
 * npx node --conditions=tidegate-source examples/payment-providers.ts
 * ```
 *
 * What each option means is in `docs/gates.md`.
 */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Hono } from "hono";
import {
  DatabaseError,
  type Gate,
  type GateOptions,
  type GuardedDatabase,
  ProblemError,
  success,
  type Tidegate,
  type TidegateEnv,
  tidegate,
} from "tidegate";
import { pglite } from "tidegate/databases/pglite";
import { serve } from "tidegate/node";
import { memory } from "tidegate/stores/memory";

/** What a provider answered, its body read. */
interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: unknown;
}

/** `fetch` resolves whatever the status is, so the gate has to be told what a failure is. */
const JUDGED: Pick<GateOptions, "isFailure" | "retryAfter"> = {
  isFailure: (ended, how) => (how === "thrown" ? undefined : (ended as Answer).status >= 500),
  retryAfter: (ended, how) => (how === "thrown" ? null : (ended as Answer).retryAfter),
};

/** What is left out is as for the database, by the environment. */
const MEASURES: Readonly<Record<string, GateOptions>> = {
  fine: { ...JUDGED, capacity: 20, deadlineMs: 5_000 },
  // Open for 5 s at first, or for as long as the provider itself asks, up to a minute.
  broken: {
    ...JUDGED,
    capacity: 20,
    deadlineMs: 5_000,
    breaker: { failureThreshold: 3, windowCalls: 3, recoveryMs: 5_000, backoff: { maxMs: 60_000 } },
  },
  // Two calls at once, nobody waits for a third, and always open for 10 s exactly.
  hanging: {
    ...JUDGED,
    capacity: 2,
    deadlineMs: 1_000,
    waitMs: 0,
    breaker: { failureThreshold: 2, windowCalls: 2, recoveryMs: 10_000, backoff: { factor: 1, jitter: 0 } },
  },
};

/** For the embedded database. */
export const ORDERS = `
  create table orders (id int primary key, item text not null);
  insert into orders values (1, 'a kettle'), (2, 'a lamp');
`;

export function createShop(tide: Tidegate, providers: Providers): Hono<TidegateEnv> {
  const app = new Hono<TidegateEnv>().onError(tide.onError).notFound(tide.notFound);
  app.use(tide.middleware());
  app.get("/orders", async (c) => success(c, await c.var.db.query`select id, item from orders order by id`));
  app.get("/gates", (c) => success(c, { gates: tide.gates(), asked: Object.fromEntries(providers.asked) }));
  for (const [name, url] of providers.urls) {
    const gate = tide.gate(`pay-${name}`, MEASURES[name]);
    app.post(`/pay/${name}`, async (c) => {
      const { status, body } = await pay(gate, url, c.req.raw.signal);
      if (status < 500) return success(c, body);
      // The gate has counted it, and let the answer pass: what the caller is told is the handler's to say.
      throw new ProblemError("SERVICE_UNAVAILABLE", `${name} cannot take payments now.`, { gate: `pay-${name}` });
    });
  }
  app.route("/", tide.routes());
  return app;
}

/** @param caller Who leaves while the provider is asked: that counts for nothing. */
function pay(gate: Gate, url: string, caller: AbortSignal): Promise<Answer> {
  return gate.run(
    async (signal) => {
      const response = await fetch(url, { method: "POST", signal });
      // Read inside the call: a body that never ends has to meet the deadline too.
      const body: unknown = await response.json();
      return { status: response.status, retryAfter: response.headers.get("retry-after"), body };
    },
    { signal: caller },
  );
}

export interface Providers {
  readonly urls: ReadonlyMap<string, string>;
  /** How often each was asked. */
  readonly asked: ReadonlyMap<string, number>;
  /** How many of its answers were broken off by whoever had asked. */
  readonly cutOff: ReadonlyMap<string, number>;
  stop(): void;
}

const JSON_TYPE = { "content-type": "application/json" };
const ANSWERS: Readonly<Record<string, (response: ServerResponse) => unknown>> = {
  fine: (response) => response.writeHead(200, JSON_TYPE).end('{"paid":true}'),
  broken: (response) => response.writeHead(503, { ...JSON_TYPE, "retry-after": "20" }).end('{"paid":false}'),
  hanging: (response) => response.writeHead(200, JSON_TYPE).write('{"paid":'),
};

/** Each on a free port of its own. */
export async function startProviders(): Promise<Providers> {
  const [urls, asked, cutOff] = [new Map<string, string>(), new Map<string, number>(), new Map<string, number>()];
  const count = (counts: Map<string, number>, name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
  const servers = Object.entries(ANSWERS).map(([name, answer]) => {
    const server = createServer((_, response) => {
      count(asked, name);
      response.once("close", () => response.writableFinished || count(cutOff, name));
      answer(response);
    });
    return { name, server };
  });
  for (const { name, server } of servers) {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    urls.set(name, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    // The shop's own server keeps the process alive, and ends it.
    server.unref();
  }
  const stop = () => {
    for (const { server } of servers) {
      server.close();
      server.closeAllConnections();
    }
  };
  return { urls, asked, cutOff, stop };
}

/** Nobody is let in before the embedded database has started, which takes longer on a busy machine than a call may wait. */
export async function firstAnswer(db: GuardedDatabase, attempts = 10): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await db.query`select 1`;
      return;
    } catch (error) {
      const isStarting = error instanceof DatabaseError && error.fault === "exhausted";
      if (!isStarting || attempt === attempts) throw error;
    }
  }
}

if (import.meta.main) {
  const tide = tidegate({ database: pglite("pglite:", { initialise: [ORDERS] }), store: memory() });
  await firstAnswer(tide.db);
  const { url } = await serve(createShop(tide, await startProviders()), { tide });
  console.log(`
The shop is open. Try, and go on trying orders meanwhile:

  curl -i ${url}/orders
  curl -i -X POST ${url}/pay/fine
  curl -i -X POST ${url}/pay/broken     # three times: then its gate refuses, for as long as the provider has asked
  curl -i -X POST ${url}/pay/hanging    # twice, a second each: then its gate refuses at once, for 10 s
  curl ${url}/gates                     # how they stand, and how often each provider was asked
  curl ${url}/health
`);
}
