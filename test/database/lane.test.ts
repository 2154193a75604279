/** A lane's connections in virtual time: who gets which, what is opened for whom, and what becomes of those who wait. */
import { describe, expect, test } from "vitest";
import type { Held } from "../../lib/database/connections.ts";
import { databaseError } from "../../lib/database/failure.ts";
import { connectionLane, type LanePlan } from "../../lib/database/lane.ts";
import type { Fault } from "../../lib/database/port.ts";
import { manualRuntime } from "../../lib/testing/manual-runtime.ts";
import { type Conditions, execution } from "../support/execution.ts";

interface Fake extends Held {
  readonly name: number;
  fit: boolean;
  gone: boolean;
}

function scene(plan: Partial<LanePlan<Fake>> = {}) {
  const runtime = manualRuntime();
  const openings: { succeed(): Fake; fail(fault: Fault): void }[] = [];
  const lane = connectionLane<Fake>({
    steady: 1,
    overflow: 0,
    recycleMs: 1_800_000,
    overflowIdleMs: 10_000,
    runtime,
    connect: () =>
      new Promise((resolve, reject) => {
        const name = openings.length;
        const fake: Fake = {
          name,
          fit: true,
          gone: false,
          usable: () => fake.fit && !fake.gone,
          destroy: async () => {
            fake.gone = true;
          },
        };
        openings.push({
          succeed: () => {
            resolve(fake);
            return fake;
          },
          fail: (fault) => reject(databaseError(fault)),
        });
      }),
    ...plan,
  });
  /** A caller that keeps its connection until it is told to end. */
  const call = (conditions: Conditions = {}) => {
    const { promise, resolve: end } = Promise.withResolvers<void>();
    let has: number | undefined;
    const used = lane.use(execution(runtime, conditions), async ({ name }) => {
      has = name;
      await promise;
      return name;
    });
    used.catch(() => {});
    return { used, end, has: () => has };
  };
  const settle = () => runtime.advance(0);
  return { runtime, openings, lane, call, settle };
}

describe("a lane", () => {
  test("opens one connection for each who has none, and no more than it may have", async () => {
    const { openings, lane, call, settle } = scene({ steady: 2, overflow: 1 });
    for (let caller = 0; caller < 5; caller += 1) call();
    expect(openings.length).toBe(3);
    expect(lane.state()).toEqual({ taken: 3, idle: 0, overflow: 0, waiting: 2 });
    for (const opening of openings) opening.succeed();
    await settle();
    expect(lane.state()).toEqual({ taken: 3, idle: 0, overflow: 1, waiting: 2 });
  });

  test("prefers the connection used last to all others, and any to a new one", async () => {
    const { openings, call, settle } = scene({ steady: 3 });
    const callers = [call(), call()];
    for (const opening of openings) opening.succeed();
    await settle();
    for (const caller of callers) {
      caller.end();
      await settle();
    }
    const next = call();
    await settle();
    expect(next.has()).toBe(1);
    expect(openings.length).toBe(2);
  });

  test("gives what it opened for a caller that has left to the next", async () => {
    const { openings, lane, call, settle } = scene();
    const controller = new AbortController();
    const left = call({ signal: controller.signal });
    controller.abort();
    await expect(left.used).rejects.toMatchObject({ fault: "cancelled" });
    expect(lane.state()).toEqual({ taken: 0, idle: 0, overflow: 0, waiting: 0 });
    const next = call();
    openings[0]?.succeed();
    await settle();
    expect(next.has()).toBe(0);
    expect(openings.length).toBe(1);
  });

  test("keeps what it opened for nobody", async () => {
    const { openings, lane, call, settle } = scene();
    const controller = new AbortController();
    call({ signal: controller.signal });
    controller.abort();
    openings[0]?.succeed();
    await settle();
    expect(lane.state()).toMatchObject({ taken: 0, idle: 1 });
  });

  test("at a server without room a caller waits for a connection that comes back, and the server is left alone", async () => {
    const { runtime, openings, call, settle } = scene({ steady: 3 });
    const holder = call();
    openings[0]?.succeed();
    await settle();
    const refused = call();
    openings[1]?.fail("exhausted");
    await settle();
    const another = call();
    expect(openings.length).toBe(2);
    holder.end();
    await settle();
    expect([refused.has(), another.has()]).toEqual([0, undefined]);
    await runtime.advance(1_000);
    expect(openings.length).toBe(3);
  });

  test("at a server without room a caller is late as exhausted, not as if the server were gone", async () => {
    const { runtime, openings, call, settle } = scene({ steady: 2 });
    call();
    openings[0]?.succeed();
    await settle();
    const refused = call({ connectWithinMs: 700 });
    openings[1]?.fail("exhausted");
    await runtime.advance(700);
    await expect(refused.used).rejects.toMatchObject({ fault: "exhausted" });
  });

  test("without any connection to wait for, the server's answer is the caller's", async () => {
    for (const fault of ["exhausted", "connection"] as const) {
      const { openings, call } = scene();
      const refused = call();
      openings[0]?.fail(fault);
      await expect(refused.used).rejects.toMatchObject({ fault });
    }
  });

  test("an opening has half a second even for a caller that does not wait, and is then no exhaustion", async () => {
    const { runtime, call } = scene();
    const impatient = call({ connectWithinMs: 0 });
    const behind = call({ connectWithinMs: 0 });
    await runtime.advance(499);
    await expect(behind.used).rejects.toMatchObject({ fault: "exhausted" });
    expect(runtime.pendingTimers()).toBe(1);
    await runtime.advance(1);
    await expect(impatient.used).rejects.toMatchObject({ fault: "connection" });
  });

  test("replaces a connection that is unfit, and only when it is gone its caller is told", async () => {
    const { openings, call, settle } = scene();
    const first = call();
    const fake = openings[0]?.succeed();
    await settle();
    if (fake) fake.fit = false;
    const next = call();
    first.end();
    await first.used;
    expect(fake?.gone).toBe(true);
    openings[1]?.succeed();
    await settle();
    expect(next.has()).toBe(1);
  });

  test("closed, it refuses, waits for who is at work or about to be, and keeps nothing that is opened late", async () => {
    const { openings, lane, call, settle } = scene({ steady: 3 });
    const busy = call();
    const fake = openings[0]?.succeed();
    await settle();
    const controller = new AbortController();
    const [left, connecting, waiting] = [call({ signal: controller.signal }), call(), call()];
    controller.abort();
    await expect(left.used).rejects.toMatchObject({ fault: "cancelled" });
    const extra = call();
    let quiet = false;
    const drained = lane.drain().then(() => {
      quiet = true;
    });
    await expect(extra.used).rejects.toMatchObject({ fault: "cancelled" });
    await expect(call().used).rejects.toMatchObject({ fault: "cancelled" });
    openings[1]?.succeed();
    openings[2]?.succeed();
    await settle();
    expect([connecting.has(), waiting.has(), quiet]).toEqual([1, 2, false]);
    for (const each of [busy, connecting, waiting]) each.end();
    await drained;
    expect(fake?.gone).toBe(true);
  });

  test("closed, it has nobody wait at a server without room: nothing comes back to it", async () => {
    const { openings, lane, call, settle } = scene({ steady: 2 });
    const busy = call();
    openings[0]?.succeed();
    await settle();
    const connecting = call();
    const drained = lane.drain();
    openings[1]?.fail("exhausted");
    busy.end();
    await drained;
    await settle();
    expect(lane.state().waiting).toBe(0);
    await expect(connecting.used).rejects.toMatchObject({ fault: "exhausted" });
  });

  test("leaves no timer behind", async () => {
    const { runtime, openings, lane, call, settle } = scene({ steady: 1, overflow: 1 });
    const callers = [call(), call()];
    for (const opening of openings) opening.succeed();
    await settle();
    for (const caller of callers) caller.end();
    await settle();
    await lane.drain();
    await lane.destroy();
    expect(runtime.pendingTimers()).toBe(0);
  });
});
