/** Rolling reloads under load. Three by default; `npm run test:reload` makes twenty, and prints the figures. */
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type Client, startClients } from "../support/clients.ts";
import { eventually } from "../support/processes.ts";
import { PATIENCE_MS, type Supervised, startSupervised } from "../support/supervisor.ts";

const RELOADS = Number(process.env.TIDEGATE_RELOADS ?? 3);
const MINUTES = 60_000;

let supervised: Supervised | undefined;
afterEach(() => supervised?.dispose());

const times = (count: number, client: Client): Client[] => Array.from({ length: count }, () => client);
const CLIENTS: readonly Client[] = [
  ...times(6, { path: "/row", keepAlive: true, pauseMs: 0 }),
  // These have an idle connection most of the time.
  ...times(12, { path: "/row", keepAlive: true, pauseMs: 60 }),
  ...times(4, { path: "/row", keepAlive: false, pauseMs: 5 }),
  ...times(4, { path: "/slow/400", keepAlive: true, pauseMs: 20 }),
];

describe("a rolling reload", () => {
  it(
    `loses no request in ${RELOADS} reloads under load, and replaces every worker each time`,
    async () => {
      supervised = await startSupervised();
      const { port, report, hears, get } = supervised;
      const clients = startClients(port, CLIENTS);
      const pids = new Set<number>();
      const asks = [() => supervised?.signal("SIGHUP"), () => get("/reload", "POST")];
      for (let reload = 1; reload <= RELOADS; reload += 1) {
        const before = clients.answered();
        await asks[reload % 2]?.();
        expect(await hears("reload.done", reload)).toMatchObject({ replaced: 2 });
        for (const { pid } of (await report()).workers) pids.add(pid);
        // Load there was, and goes on.
        const now = clients.answered();
        expect(now).toBeGreaterThan(before);
        await eventually("more answers", () => clients.answered() > now + CLIENTS.length, PATIENCE_MS);
      }
      await clients.stop();
      const { connections, lastAnswers } = clients.figures();
      console.log(
        `${RELOADS} reloads: ${clients.answered()} requests answered, ${clients.failures.length} failed, over ${connections} connections; ${lastAnswers} answers were announced as the last of theirs`,
      );
      expect(clients.failures).toEqual([]);
      expect(pids.size).toBe(2 * RELOADS);
      expect(lastAnswers).toBeGreaterThanOrEqual(RELOADS);
      for (const event of ["worker.fell", "worker.stalled"]) expect(supervised.said(event)).toEqual([]);
    },
    15 * MINUTES,
  );

  it("leaves an idle connection to its client, and ends it with the next answer", async () => {
    supervised = await startSupervised({ WORKERS: "1" });
    const [old] = (await supervised.report()).workers;
    const socket = connect(supervised.port, "127.0.0.1");
    const first = await exchange(socket, "/pid");
    expect(first).toContain(`${old?.pid}`);
    expect(first).toMatch(/connection: keep-alive/i);

    supervised.signal("SIGHUP");
    const draining = () =>
      supervised?.report().then(({ workers }) => workers.some(({ state }) => state === "draining"));
    await eventually("the old worker drains", draining, PATIENCE_MS);
    const second = await exchange(socket, "/pid");
    expect(second).toContain("200 OK");
    expect(second).toContain(`${old?.pid}`);
    expect(second).toMatch(/connection: close/i);
    await eventually("the connection ends", () => socket.closed);
    await supervised.hears("reload.done");
    expect(await supervised.get("/pid")).not.toBe(`${old?.pid}`);
  });

  it("lets a request that takes long end where it began", async () => {
    supervised = await startSupervised({ WORKERS: "1" });
    const old = await supervised.get("/pid");
    const asked = supervised.get("/slow/3000");
    await supervised.hears("slow.begun");
    supervised.signal("SIGHUP");
    expect(await asked).toBe(old);
    await supervised.hears("reload.done");
  });

  it("answers 503 to what is left at the old worker when its time is over, and says so", async () => {
    supervised = await startSupervised({ WORKERS: "1", DRAIN_MS: "500" });
    const asked = supervised.get("/slow/600000");
    await supervised.hears("slow.begun");
    supervised.signal("SIGHUP");
    await supervised.hears("reload.done");
    expect(JSON.parse(await asked)).toMatchObject({ error: { code: "SERVICE_UNAVAILABLE" } });
    expect(await supervised.hears("request.cut")).toMatchObject({
      path: "/slow/600000",
      answer: "service_unavailable",
    });
    expect(await supervised.hears("shutdown.ended")).toMatchObject({ cut_unanswered: 1, cut_broken: 0 });
  });
});

/** Sends one request and reads until its body has come. */
function exchange(socket: Socket, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const hear = (chunk: Buffer) => {
      text += chunk.toString();
      if (!/\r\n\r\n\d+/.test(text)) return;
      socket.off("data", hear);
      resolve(text);
    };
    socket.on("data", hear).once("error", reject);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: here\r\n\r\n`);
  });
}
