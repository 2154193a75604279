/** One fleet of Node, Deno and Workers: they share a gate in one Redis, Workers by way of its REST gateway. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WANTS_NEW } from "../support/demo.ts";
import { eventually } from "../support/processes.ts";
import { type Asking, askingOf } from "./asking.ts";
import { whileLocked } from "./cases/trouble.ts";
import type { Cell, Deployment, Platform } from "./cell.ts";
import { obstacle } from "./matrix.ts";
import { denoPlatform } from "./platforms/deno.ts";
import { nodePlatform } from "./platforms/node.ts";
import { workerdPlatform } from "./platforms/workerd.ts";
import { bearer, TOKENS } from "./settings.ts";
import { openWorld, type World } from "./world.ts";

const REPORT = "/api/reports/wip-summary?limit=1";
const monitor = bearer(TOKENS.monitor);
const FLEET: readonly Cell[] = [
  { runtime: "node", store: "redis" },
  { runtime: "deno", store: "redis" },
  { runtime: "workerd", store: "upstash" },
];
const reason = FLEET.map(obstacle).find((found) => found !== null) ?? null;

describe.skipIf(reason !== null)(`a mixed fleet${reason === null ? "" : `: ${reason}`}`, () => {
  let world: World;
  const deployments: Deployment[] = [];
  let node: Asking;
  let deno: Asking;
  let workers: Asking;

  beforeAll(async () => {
    world = await openWorld();
    const platforms: Readonly<Record<string, Platform>> = {
      node: nodePlatform(world.bundles),
      deno: denoPlatform(world.bundles),
      workerd: workerdPlatform(world.bundles),
    };
    const start = async (cell: Cell): Promise<Asking> => {
      const env = { ...world.environment(cell), STATE_NAMESPACE: "mixed", EXPECTED_INSTANCES: "3" };
      const deployment = await platforms[cell.runtime]?.start({ ...env, DB_MAX_CONCURRENT: "2", RESTART_HOOK: "soft" });
      if (!deployment) throw new Error(`mixed: a platform for ${cell.runtime} is needed, there is none`);
      deployments.push(deployment);
      return askingOf(deployment);
    };
    [node, deno, workers] = (await Promise.all(FLEET.map(start))) as [Asking, Asking, Asking];
    for (const { ask } of [node, deno, workers]) {
      await eventually("a report", async () => (await ask(REPORT, WANTS_NEW)).status === 200);
    }
  });
  afterAll(async () => {
    for (const deployment of deployments) await deployment.stop();
    await world?.close();
  });
  const codeAt = async ({ ask }: Asking) => (await ask(REPORT, WANTS_NEW)).body.error?.code ?? "answered";
  const codes = () => Promise.all([node, deno, workers].map(codeAt));

  test("sees itself as one", async () => {
    const { body } = await node.admin("/admin/api/system-status");
    const runtimes = body.data.instances.map(({ runtime }: { runtime: string }) => runtime);
    expect(new Set(runtimes)).toEqual(new Set(["node", "deno", "workerd"]));
  });

  test("has one verdict of health, whoever is asked", async () => {
    await eventually("all say the same", async () => {
      const answers = await Promise.all([node, deno, workers].map(({ ask }) => ask("/health")));
      return new Set(answers.map(({ body }) => body.computed_at)).size === 1;
    });
  });

  test.each([
    ["Node", () => node],
    ["Deno", () => deno],
    ["Workers", () => workers],
  ])("heeds what an operator says to %s", async (_, speaker) => {
    const { admin } = speaker();
    await admin("/admin/api/breaker", { mode: "force_open", ttl_seconds: 60, reason: "a migration" });
    expect(await codes()).toEqual(Array(3).fill("CIRCUIT_BREAKER_OPEN"));
    await admin("/admin/api/breaker", { mode: "auto", reason: "done" });
    await eventually("all answer", async () => (await codes()).every((code) => code === "answered"));
  });

  test("has one capacity", async () => {
    await whileLocked(world.postgres, async () => {
      const held = [1, 2].map(() => node.ask(REPORT, WANTS_NEW));
      await eventually("Node holds both permits", async () => {
        const { body } = await deno.admin("/admin/api/system-status");
        return body.data.gates.main.lanes.request.held === 2;
      });
      expect(await Promise.all([deno, workers].map(codeAt))).toEqual(Array(2).fill("DB_POOL_EXHAUSTED"));
      await Promise.all(held);
    });
    await eventually("all answer", async () => (await codes()).every((code) => code === "answered"), 30_000);
  });

  test("is restarted softly as a whole: every instance gets connections anew, and nobody notices", async () => {
    const backends = async () => {
      const text = "select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()";
      return new Set((await world.postgres.query(text)).map(({ pid }) => pid));
    };
    await Promise.all([node, deno].map(codeAt));
    const before = await backends();
    expect(before.size).toBeGreaterThanOrEqual(2);
    const { status, body } = await workers.admin("/admin/api/worker/restart", { reason: "a new password" });
    expect([status, body.data?.platform.hook]).toEqual([202, "soft"]);
    const within = 30_000;
    await eventually(
      "no connection is an old one",
      async () => {
        expect(await codes()).toEqual(Array(3).fill("answered"));
        return [...(await backends())].every((pid) => !before.has(pid));
      },
      within,
    );
    expect((await deno.admin("/admin/api/worker/status")).body.data.last_restart).toMatchObject({ success: true });
  });

  test("gives what one of them was answered, while PostgreSQL is away, also where nobody has asked for it", async () => {
    const report = "/api/reports/reject-history?limit=3";
    const known = await node.ask(report);
    await world.postgres.stop();
    for (const { ask } of [node, deno, workers]) {
      const { body, headers } = await eventually("an old one", async () => {
        const answer = await ask(report);
        return answer.headers.get("cache-status")?.includes("fwd=stale") && answer;
      });
      expect(body.data).toEqual(known.body.data);
      expect(Number(headers.get("age"))).toBe(body.meta.stale.age_seconds);
    }
    await world.postgres.start();
    await eventually("all answer", async () => (await codes()).every((code) => code === "answered"), 30_000);
  });

  test("has one breaker: opened by the calls of one, it is open for those who never called", async () => {
    await world.postgres.stop();
    await eventually("Node's calls open it", async () => (await codeAt(node)) === "CIRCUIT_BREAKER_OPEN");
    // Half-open in between, who asks next may be the probe; its failure opens it again.
    const seen = await Promise.all([deno, workers].map(({ ask }) => ask("/metrics", { headers: monitor })));
    for (const { text } of seen) expect(text).toMatch(/^tidegate_breaker_state\{gate="main",state="closed"\} 0$/m);
    await world.postgres.start();
    await eventually("all answer", async () => (await codes()).every((code) => code === "answered"), 30_000);
  });
});
