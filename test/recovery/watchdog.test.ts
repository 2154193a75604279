import { describe, expect, test } from "vitest";
import { type DatabaseAdapter, DatabaseError } from "../../lib/database/port.ts";
import type { TickReport } from "../../lib/recovery/watchdog.ts";
import { fakeDatabase } from "../../lib/testing/testing.ts";
import { smallApp } from "../support/app.ts";
import { follow } from "../support/guarded.ts";
import { operatedApp } from "../support/operated-app.ts";
import { passing } from "../support/restart-scene.ts";

const TICK_MS = 5_000;
const ENV = {
  WATCHDOG_ENABLED: "true",
  DB_POOL_SIZE: "2",
  DB_MAX_OVERFLOW: "0",
  DB_CALL_TIMEOUT_MS: "20000",
  DB_TCP_CONNECT_TIMEOUT: "5",
};

/** A caller a second, and a look of each watchdog every five. */
async function watched(app: ReturnType<typeof operatedApp>, forMs: number, watchdogs = 2): Promise<TickReport[]> {
  const reports: TickReport[] = [];
  for (let passed = 0; passed < forMs; passed += TICK_MS) {
    for (let second = 0; second < TICK_MS; second += 1_000) {
      follow(Promise.resolve(app.app.request("/orders")));
      await app.runtime.advance(1_000);
    }
    const looks = Array.from({ length: watchdogs }, () => app.tide.watch());
    reports.push(...(await passing(app.runtime, Promise.all(looks), 50)));
  }
  return reports;
}

/** Its statements hang and cannot be stopped; its pings are answered. */
const wedged = (): DatabaseAdapter => {
  const sound = fakeDatabase(() => []);
  const open: DatabaseAdapter["open"] = (...how) => ({ ...sound.open(...how), query: () => new Promise(() => {}) });
  return { ...sound, open };
};

describe("a watchdog", () => {
  test("restarts nothing in ten minutes of a dead database", async () => {
    for (const mode of ["failing", "hanging"] as const) {
      const app = operatedApp({ env: ENV });
      app.faults.set({ mode, forMs: 3_600_000 });
      const reports = await watched(app, 600_000);
      expect(app.fired).toEqual([]);
      expect(new Set(reports.map(({ outcome }) => outcome))).toEqual(new Set(["idle", "overlapped"]));
      expect(reports.at(-1)?.recommendation?.action).not.toBe("consider_controlled_worker_restart");
    }
  });

  test("restarts a wedged pool once, waits, spends its budget, and is then blocked until a human speaks", async () => {
    const app = operatedApp({ env: { ...ENV, WORKER_RESTART_WINDOW_SECONDS: "3600" }, database: wedged() });
    await watched(app, 60_000);
    expect(app.fired).toHaveLength(1);
    expect(app.fired[0]?.reason).toBe("The pool is saturated, nothing ends, the database answers.");
    const reports = await watched(app, 600_000);
    expect(app.fired).toHaveLength(3);
    const actions = [...new Set(reports.map(({ recommendation }) => recommendation?.action))];
    expect(actions).toContain("wait_for_restart_cooldown");
    expect(reports.at(-2)?.recommendation?.action).toBe("manual_override_required");
    expect(await app.restart()).toMatchObject({ status: 409, body: { error: { code: "RESTART_POLICY_BLOCKED" } } });
    const word = { manual_override: true, override_acknowledged: true, override_reason: "I have looked" };
    expect(await app.restart(word)).toMatchObject({ status: 202 });
    expect((await app.audited()).filter(({ action }) => action === "restart").map(({ actor }) => actor)).toEqual([
      ...["watchdog", "watchdog", "watchdog"],
      ...["tester", "tester"],
    ]);
  });

  test("does not take plain overload for a wedged pool", async () => {
    const answers: (() => void)[] = [];
    const app = operatedApp({
      env: ENV,
      answer: (text) => (text.includes("orders") ? new Promise((resolve) => answers.push(() => resolve([]))) : []),
    });
    for (let passed = 0; passed < 300_000; passed += TICK_MS) {
      follow(Promise.resolve(app.app.request("/orders")));
      follow(Promise.resolve(app.app.request("/orders")));
      answers.shift()?.();
      await app.runtime.advance(TICK_MS);
      await passing(app.runtime, app.tide.watch());
    }
    expect(app.fired).toEqual([]);
  });

  test("that nobody has enabled looks at nothing, whoever calls it", async () => {
    const app = operatedApp({ env: { ...ENV, WATCHDOG_ENABLED: "false" }, database: wedged() });
    const reports = await watched(app, 60_000);
    expect(new Set(reports.map(({ outcome }) => outcome))).toEqual(new Set(["off"]));
    expect(app.fired).toEqual([]);
  });

  test("that cannot see does nothing, and says so", async () => {
    const { tide, runtime } = smallApp({ WATCHDOG_ENABLED: "true", HEALTH_MEMO_TTL_SECONDS: "0" }, () => {
      throw new DatabaseError("connection", "gone");
    });
    expect(await passing(runtime, tide.watch())).toMatchObject({ outcome: "idle" });
  });
});
