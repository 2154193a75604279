import { afterEach, describe, expect, it } from "vitest";
import { eventually, processTree, signalTo } from "../support/processes.ts";
import { launchSupervised, PATIENCE_MS, type Supervised, startSupervised } from "../support/supervisor.ts";
import { silentServer } from "../support/tcp.ts";

let supervised: Supervised | undefined;
afterEach(() => supervised?.dispose());

const pidsOf = async ({ report }: Supervised) =>
  (await report()).workers.filter(({ state }) => state === "ready").map(({ pid }) => pid);
const isAlive = (pid: number) => signalTo(pid, 0 as unknown as NodeJS.Signals);

describe("a worker that does not come up", () => {
  for (const how of ["ending", "hanging"] as const) {
    it(`stops the roll, by ${how}: the old ones serve on, and it is said why`, async () => {
      supervised = await startSupervised({ START_WITHIN_MS: "10000" });
      const before = await pidsOf(supervised);
      supervised.break(how);
      supervised.signal("SIGHUP");
      const stopped = await supervised.hears("reload.stopped");
      expect(stopped).toMatchObject({ level: "error", replaced: 0, because: expect.stringMatching(BECAUSE[how]) });
      expect(await pidsOf(supervised)).toEqual(before);
      const last = (await supervised.report()).reloads.at(-1);
      expect(last).toMatchObject({ kind: "stopped", reason: "SIGHUP", replaced: 0, because: stopped.because });

      supervised.mend();
      supervised.signal("SIGHUP");
      expect(await supervised.hears("reload.done")).toMatchObject({ replaced: 2 });
      expect((await pidsOf(supervised)).filter((pid) => before.includes(pid))).toEqual([]);
    });
  }

  it("at the start ends the start", async () => {
    supervised = await launchSupervised({ DATABASE_URL: "nonsense" });
    expect(await supervised.ended).toBe(1);
    expect(supervised.output()).toContain("DATABASE_URL");
  });
});

const BECAUSE = { ending: /ended with code 3/, hanging: /ready within 10000 ms/ };

describe("a worker that falls", () => {
  it("comes back, while the other one serves", async () => {
    supervised = await startSupervised();
    const [fallen, other] = await pidsOf(supervised);
    signalTo(fallen ?? 0, "SIGKILL");
    expect(await supervised.hears("worker.fell")).toMatchObject({
      worker_pid: fallen,
      because: "was ended by SIGKILL",
    });
    expect(await supervised.get("/pid")).toBe(`${other}`);
    await supervised.hears("worker.ready", 3);
    const after = await pidsOf(supervised);
    expect(after).toHaveLength(2);
    expect(after).toContain(other);
    expect(after).not.toContain(fallen);
  });

  it("again and again is waited for longer each time, and called a loop", async () => {
    supervised = await startSupervised();
    const [fallen] = await pidsOf(supervised);
    supervised.break("ending");
    signalTo(fallen ?? 0, "SIGKILL");
    await supervised.hears("worker.loop");
    const pauses = supervised.said("worker.fell").map((line) => line.again_in_ms as number);
    expect(pauses).toHaveLength(5);
    // Between half of a pause and all of it, twice as long each time.
    for (const [at, pause] of pauses.entries()) {
      expect(pause).toBeGreaterThanOrEqual(125 * 2 ** at);
      expect(pause).toBeLessThanOrEqual(250 * 2 ** at);
    }
    supervised.mend();
    await supervised.hears("worker.ready", 3);
  });
});

describe("the end of a supervisor", () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it(`by ${signal} lets requests end, and takes no new ones`, async () => {
      supervised = await startSupervised();
      const asked = supervised.get("/slow/2000");
      await supervised.hears("slow.begun");
      supervised.signal(signal);
      expect(await asked).toMatch(/^\d+$/);
      expect(await supervised.ended).toBe(0);
      await expect(supervised.get("/pid")).rejects.toThrow();
      expect(supervised.said("worker.fell")).toEqual([]);
    });
  }

  it("by SIGTERM while its workers come up is no failure", async () => {
    supervised = await launchSupervised({ WORKERS: "1" });
    const { pid } = supervised;
    supervised.break("hanging");
    await eventually("a worker comes up", () => processTree(pid).length > 1, PATIENCE_MS);
    supervised.signal("SIGTERM");
    expect(await supervised.ended).toBe("SIGTERM");
    expect(supervised.output()).not.toContain("it must be ready");
  });

  it("by SIGKILL is that of its workers, which let requests end", async () => {
    supervised = await startSupervised();
    const pids = await pidsOf(supervised);
    const asked = supervised.get("/slow/2000");
    await supervised.hears("slow.begun");
    supervised.signal("SIGKILL");
    expect(await asked).toMatch(/^\d+$/);
    await eventually("the workers end", () => pids.every((pid) => !isAlive(pid)), PATIENCE_MS);
  });

  it("while its worker connects to the store is the worker's, which says why", async () => {
    const store = await silentServer();
    supervised = await launchSupervised({ WORKERS: "1", STATE_URL: `redis://127.0.0.1:${store.port}` });
    await eventually("the worker connects", () => store.accepted() > 0, PATIENCE_MS);
    const workers = processTree(supervised.pid).filter((pid) => pid !== supervised?.pid);
    supervised.signal("SIGKILL");
    await eventually("the worker ends", () => workers.every((pid) => !isAlive(pid)), PATIENCE_MS);
    expect(workers).toHaveLength(1);
    const why = "listening needs its supervisor, and that has ended";
    await eventually("it has said why", () => supervised?.output().includes(why), PATIENCE_MS);
    await store.close();
  });
});
