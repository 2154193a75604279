import { describe, expect, test } from "vitest";
import type { Deployment, Progress } from "../../lib/recovery/ledger/types.ts";
import { operatedApp } from "../support/operated-app.ts";

const deployment = (status: string): Deployment => ({ id: "d1", url: "https://d1.example", status });
const QUEUED = deployment("QUEUED");
const PAGE = "/admin/api/worker/status";

interface Row {
  readonly decision: string;
  readonly success: boolean | null;
  readonly deployment: Deployment;
}

/** An application that was restarted once, on a platform that says what the test lets it say. */
async function restarted(status?: (deployment: Deployment, signal: AbortSignal) => Promise<Progress>) {
  const asked: Deployment[] = [];
  const told: ((id: string, progress: Progress) => void)[] = [];
  const app = operatedApp({
    fire: async () => QUEUED,
    listen: (listener) => void told.push(listener),
    ...(status && {
      status: (known, signal) => {
        asked.push(known);
        return status(known, signal);
      },
    }),
  });
  const { body } = await app.restart();
  const row = async () => {
    const { data } = (await app.get(PAGE)).body;
    return (data?.restart_history as Row[] | undefined)?.[0];
  };
  const id = body.data?.restart_id as string;
  return { ...app, asked, row, id, tell: (progress: Progress) => told[0]?.(id, progress) };
}

describe("what becomes of a restart", () => {
  test("is asked for when somebody looks, every five seconds at most, until its end is known", async () => {
    let state: Progress = { deployment: deployment("BUILDING"), state: "running" };
    const app = await restarted(async () => state);
    for (let n = 0; n < 3; n++) {
      expect(await app.row()).toMatchObject({ decision: "executed", success: true, deployment: state.deployment });
    }
    expect(app.asked).toEqual([QUEUED]);
    state = { deployment: deployment("READY"), state: "succeeded" };
    await app.runtime.advance(5_000);
    expect(await app.row()).toMatchObject({ decision: "executed", success: true, deployment: state.deployment });
    expect(app.asked).toHaveLength(2);
    await app.runtime.advance(60_000);
    await app.row();
    expect(app.asked).toHaveLength(2);
    expect((await app.audited()).at(-1)).toMatchObject({
      action: "restart.followed",
      actor: "tester",
      outcome: "succeeded",
      reason: "READY",
      subject: app.id,
    });
  });

  test("is a failure where the platform says so afterwards, and answers the same key as before", async () => {
    const failed: Progress = { deployment: deployment("ERROR"), state: "failed" };
    const app = operatedApp({ fire: async () => QUEUED, status: async () => failed });
    const key = { "idempotency-key": "k-1" };
    const first = await app.restart({}, key);
    const { data } = (await app.get(PAGE)).body;
    expect(data?.restart_history).toMatchObject([
      { decision: "failed", success: false, deployment: { status: "ERROR" } },
    ]);
    expect(data?.last_restart).toMatchObject({ success: false });
    const again = await app.restart({}, key);
    expect([again.status, again.body.data]).toEqual([202, first.body.data]);
  });

  test("keeps nobody waiting whose platform is slow; its answer is there for the next who looks", async () => {
    const { promise, resolve } = Promise.withResolvers<Progress>();
    const app = await restarted(() => promise);
    const before = app.runtime.monotonicMs();
    expect(await app.row()).toMatchObject({ deployment: QUEUED });
    expect(app.runtime.monotonicMs() - before).toBeLessThan(3_000);
    await app.runtime.advance(6_000);
    await app.row();
    expect(app.asked).toHaveLength(1);
    resolve({ deployment: deployment("READY"), state: "succeeded" });
    await app.runtime.advance(1);
    expect(await app.row()).toMatchObject({ deployment: { status: "READY" } });
  });

  test("is given up for this time where the platform does not answer", async () => {
    const signals: AbortSignal[] = [];
    const app = await restarted((_, signal) => {
      signals.push(signal);
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    });
    await app.row();
    await app.runtime.advance(15_000);
    expect(signals[0]?.aborted).toBe(true);
    await app.row();
    expect(app.asked).toHaveLength(2);
  });

  test("is left open where the platform does not say, which is logged and asked again later", async () => {
    const app = await restarted(() => Promise.reject(new Error("the platform said 500")));
    expect(await app.row()).toMatchObject({ decision: "executed", success: true, deployment: QUEUED });
    await app.row();
    expect(app.asked).toHaveLength(1);
    expect(app.lines).toContainEqual(expect.objectContaining({ event: "restart.unfollowed" }));
    await app.runtime.advance(5_000);
    await app.row();
    expect(app.asked).toHaveLength(2);
    await app.runtime.advance(3_600_000);
    await app.row();
    expect(app.asked).toHaveLength(2);
  });

  test("is heard of from platforms that say it by themselves; the first word about the end is the last", async () => {
    const app = await restarted();
    app.tell({ deployment: deployment("stopped"), state: "failed" });
    await app.runtime.advance(1);
    app.tell({ deployment: deployment("done"), state: "succeeded" });
    await app.runtime.advance(1);
    expect(await app.row()).toMatchObject({ decision: "failed", success: false, deployment: { status: "stopped" } });
    const followed = (await app.audited()).filter(({ action }) => action === "restart.followed");
    expect(followed).toMatchObject([{ outcome: "failed", subject: app.id }]);
  });
});
