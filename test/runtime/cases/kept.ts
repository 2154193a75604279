/** Answers that are kept: fresh for a while, standing in while PostgreSQL is away, also for an instance that was none of it. */
import { expect } from "vitest";
import { WANTS_NEW } from "../../support/demo.ts";
import { eventually } from "../../support/processes.ts";
import type { Case, Scene } from "../cell.ts";
import { HEALS_WITHIN_MS } from "../settings.ts";

const REPORT = "/api/reports/wip-summary?group_by=product&limit=3";
const TRACE = "/api/trace/lineage?lot=L0000012";
const CSV = { headers: { accept: "text/csv" } };
const CODES = "CIRCUIT_BREAKER_OPEN|DB_CONNECTION_FAILED|DB_POOL_EXHAUSTED|DB_QUERY_TIMEOUT";
const STALE = new RegExp(`^tidegate; hit; fwd=stale; detail=(?:${CODES})$`);

const STALE_WITHIN_MS = 10_000;
/** Cases share what one client may ask in a minute. */
const ASKED_EVERY_MS = 250;

const statusOf = ({ headers }: Awaited<ReturnType<Scene["ask"]>>) => headers.get("cache-status") ?? "";
/** The first answer that stands in for a new one; those up to it are fresh. */
const staleAt = ({ ask }: Scene, path: string, init?: RequestInit) =>
  eventually(
    `${path} is answered with what is kept`,
    async () => {
      const answer = await ask(path, init);
      expect([path, answer.status]).toEqual([path, 200]);
      return STALE.test(statusOf(answer)) && answer;
    },
    STALE_WITHIN_MS,
    ASKED_EVERY_MS,
  );
const isNew = async ({ ask }: Scene, path: string) => {
  const answer = await ask(path);
  return answer.status === 200 && !STALE.test(statusOf(answer));
};
const heals = (scene: Scene) =>
  eventually(
    "every answer is a new one, and it is healthy",
    async () =>
      (await isNew(scene, REPORT)) &&
      (await isNew(scene, TRACE)) &&
      (await scene.ask("/health")).body.status === "healthy",
    HEALS_WITHIN_MS,
    ASKED_EVERY_MS,
  );

export const KEPT_CASES: readonly Case[] = [
  {
    name: "a report is fresh for a while, as JSON and as CSV apart, and who has it is not sent it again",
    run: async ({ ask }) => {
      const fresh = (init?: RequestInit) =>
        eventually("a fresh one", async () => {
          const answer = await ask(REPORT, init);
          return /^tidegate; hit; ttl=[0-5]$/.test(statusOf(answer)) && answer;
        });
      const [json, csv] = [await fresh(), await fresh(CSV)];
      expect([json.body.data.length, csv.text.trimEnd().split("\r\n").length]).toEqual([3, 4]);
      expect(Number(json.headers.get("age"))).toBeLessThan(5);
      const etag = csv.headers.get("etag") ?? "";
      const again = await eventually("it is the same", async () => {
        const answer = await ask(REPORT, { headers: { ...CSV.headers, "if-none-match": etag } });
        return answer.status === 304 && answer;
      });
      expect(again.text).toBe("");
      // Of a trace nobody gets what another was told.
      for (const _time of [1, 2]) expect(statusOf(await ask(TRACE))).toBe("tidegate; fwd=miss");
    },
  },
  {
    name: "PostgreSQL stops: the last answers stand in, marked with their age, and are new again once it is back",
    run: async (scene) => {
      const { ask, postgres } = scene;
      const [json, csv, trace] = [await ask(REPORT), await ask(REPORT, CSV), await ask(TRACE)];
      await postgres.stop();
      const stale = await staleAt(scene, REPORT);
      expect(stale.body.data).toEqual(json.body.data);
      expect(stale.body.meta.stale).toMatchObject({ as_of: stale.headers.get("tidegate-as-of") });
      expect(stale.body.meta.stale.code).toBe(/detail=(\w+)/.exec(statusOf(stale))?.[1]);
      expect(Number(stale.headers.get("age"))).toBe(stale.body.meta.stale.age_seconds);
      expect(stale.headers.get("cache-control")).toBe("no-cache");
      expect((await staleAt(scene, REPORT, CSV)).text).toBe(csv.text);
      expect((await staleAt(scene, TRACE)).body.data).toEqual(trace.body.data);
      expect((await ask(REPORT, { method: "HEAD" })).status).toBe(200);
      // It is the same for all, also for who has been here before; not for who wants a new one or nothing.
      expect((await ask(REPORT, { headers: { cookie: "sid=1" } })).body.data).toEqual(json.body.data);
      expect((await ask(REPORT, WANTS_NEW)).status).toBe(503);
      await postgres.start();
      await heals(scene);
    },
  },
  {
    name: "an instance that starts while PostgreSQL is away has them as well",
    without: ({ cell: { runtime, store } }) =>
      store === "memory" && runtime !== "workerd" ? "memory ends with its process" : null,
    run: async (scene) => {
      const { ask, postgres, deployment } = scene;
      const [json, csv] = [await ask(REPORT), await ask(REPORT, CSV)];
      await postgres.stop();
      await staleAt(scene, REPORT);
      await staleAt(scene, REPORT, CSV);
      await deployment.restart();
      expect((await staleAt(scene, REPORT)).body.data).toEqual(json.body.data);
      expect((await staleAt(scene, REPORT, CSV)).text).toBe(csv.text);
      await postgres.start();
      await heals(scene);
    },
  },
];
