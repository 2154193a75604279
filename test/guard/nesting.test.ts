/** A call inside a call of the same gate and lane, which may wait for itself. */
import { describe, expect, it } from "vitest";
import type { Guard } from "../../lib/guard/guard.ts";
import { frameOf } from "../../lib/guard/nesting.ts";
import { farStore, turn } from "../support/far-store.ts";
import { fleet, follow, heldCall } from "../support/guarded.ts";
import { applications } from "../support/own-gates.ts";

const ONE_PERMIT = { DB_POOL_SIZE: "1", DB_MAX_OVERFLOW: "0", DB_POOL_TIMEOUT: "10" };
const TWO_PERMITS = { ...ONE_PERMIT, DB_POOL_SIZE: "2" };
const NESTED = { gate: "main", refusal: { gate: "main", reason: "nested", code: "DB_POOL_EXHAUSTED" } };
type Followed = ReturnType<typeof follow>;

/** A call that does something inside, and runs on until the test ends it. */
function outer(guard: Guard, inside: () => Promise<unknown>) {
  const held = heldCall();
  let inner: Followed | undefined;
  void follow(
    guard.run((context) => {
      inner = follow(inside());
      return held.call(context);
    }),
  );
  return { inner: () => inner?.result() ?? null, begun: () => inner !== undefined, end: held.succeed };
}

describe("a call inside a call of the same gate and lane", () => {
  it("is refused at once where the gate in this process has no permit, and told what to write", async () => {
    const { runtime, instance } = fleet(ONE_PERMIT);
    const guard = instance();
    const { inner, end } = outer(guard, () => guard.run(() => "never"));
    await runtime.advance(0);
    const message = expect.stringContaining("use the transaction's own tx.query, or another lane");
    expect(inner()?.error).toMatchObject({ ...NESTED, message });
    expect(guard.waiting()).toBe(0);
    end();
    await runtime.advance(0);
    expect(await guard.run(() => "done")).toBe("done");
  });

  it("is refused within one answer where the gate is far away and has no permit", async () => {
    const { adapter, sent, answerAll } = farStore();
    const { runtime, instance } = fleet(ONE_PERMIT, adapter);
    const guard = instance();
    const { inner, begun } = outer(guard, () => guard.run(() => "never"));
    await turn();
    await sent[0]?.answer();
    expect([begun(), inner()]).toEqual([true, null]);
    await answerAll();
    expect(inner()?.error).toMatchObject(NESTED);
    expect([guard.waiting(), runtime.monotonicMs()]).toEqual([0, 0]);
  });

  it("gets in where the gate far away grants it one more permit", async () => {
    const { adapter, sent, answerAll } = farStore();
    const { instance } = fleet(TWO_PERMITS, adapter);
    const guard = instance();
    const { inner, begun } = outer(guard, () => guard.run(() => "in"));
    await turn();
    await sent[0]?.answer();
    expect([begun(), inner()]).toEqual([true, null]);
    await answerAll();
    expect(inner()).toEqual({ value: "in" });
  });

  it("gets in while a permit is free, and is refused at whatever depth none is left", async () => {
    const { runtime, instance } = fleet(TWO_PERMITS);
    const guard = instance();
    const deep = () => guard.run(() => guard.run(() => "never").catch((error: Error) => error));
    const { inner } = outer(guard, deep);
    await runtime.advance(0);
    expect(inner()?.value).toMatchObject(NESTED);
  });

  it("is one across a call of another gate between them", async () => {
    const { runtime, application } = applications(ONE_PERMIT);
    const tide = application();
    const inside = follow(tide.run(() => tide.gate("mail").run(() => tide.run(() => "never"))));
    await runtime.advance(0);
    expect(inside.result()?.error).toMatchObject(NESTED);
  });

  it("is one however late it is made, as long as its caller still holds its permit", async () => {
    const { runtime, instance } = fleet(ONE_PERMIT);
    const guard = instance();
    const passing = () => new Promise<void>((resolve) => void runtime.setTimer(resolve, 500));
    const { inner } = outer(guard, async () => {
      await passing();
      return guard.run(() => "never");
    });
    await runtime.advance(499);
    expect(inner()).toBeNull();
    await runtime.advance(1);
    expect(inner()?.error).toMatchObject(NESTED);
  });

  it("is told in the log once, with its place among the gates, and counted each time", async () => {
    const { runtime, instance, events } = fleet(ONE_PERMIT);
    const guard = instance();
    const { end } = outer(guard, () => Promise.allSettled([1, 2, 3].map(() => guard.run(() => "never"))));
    await runtime.advance(0);
    end();
    await runtime.advance(0);
    const { totals } = await guard.view();
    expect(totals.refused.request).toMatchObject({ nested: 3, full: 0 });
    const told = events.filter(({ event }) => event === "gate.nested");
    expect(told).toMatchObject([{ level: "warn", fields: { gate: "main", lane: "request" } }]);
  });
});

describe("a call that is not nested", () => {
  /** Takes the lane's only permit from outside. */
  const filled = (guard: Guard, lane: "request" | "slow" = "request") => {
    const held = heldCall();
    void follow(guard.run(held.call, { lane }));
    return held;
  };

  it("is one of another lane: it waits for its turn", async () => {
    const { runtime, instance } = fleet({ ...ONE_PERMIT, DB_SLOW_MAX_CONCURRENT: "1" });
    const guard = instance();
    const holder = filled(guard, "slow");
    const { inner } = outer(guard, () => guard.run(() => "in", { lane: "slow" }));
    await runtime.advance(5_000);
    expect(inner()).toBeNull();
    holder.succeed();
    await runtime.advance(0);
    expect(inner()).toEqual({ value: "in" });
  });

  it("is one of another gate: it waits for its turn", async () => {
    const { runtime, application } = applications(ONE_PERMIT);
    const tide = application();
    const mail = tide.gate("mail", { capacity: 1 });
    const holder = heldCall();
    void follow(mail.run(holder.hold));
    const inside = follow(tide.run(() => mail.run(() => "in")));
    await runtime.advance(5_000);
    expect(inside.result()).toBeNull();
    holder.succeed();
    await runtime.advance(0);
    expect(inside.result()).toEqual({ value: "in" });
  });

  it("is one that stands beside the other: both were made by the same caller", async () => {
    const { runtime, instance } = fleet(ONE_PERMIT);
    const guard = instance();
    const holder = filled(guard);
    const beside = follow(guard.run(() => "in"));
    await runtime.advance(5_000);
    expect(beside.result()).toBeNull();
    holder.succeed();
    await runtime.advance(0);
    expect(beside.result()).toEqual({ value: "in" });
  });

  it("is one that outlives the call which began it: nothing waits for that any more", async () => {
    const { runtime, instance } = fleet(ONE_PERMIT);
    const guard = instance();
    const later = Promise.withResolvers<void>();
    const { inner, end } = outer(guard, async () => {
      await later.promise;
      return guard.run(() => "in");
    });
    end();
    await runtime.advance(0);
    const holder = filled(guard);
    later.resolve();
    await runtime.advance(5_000);
    expect([inner(), guard.waiting()]).toEqual([null, 1]);
    holder.succeed();
    await runtime.advance(0);
    expect(inner()).toEqual({ value: "in" });
  });

  it("is one that was made after a permit by hand, which is nobody's caller", async () => {
    const { runtime, application } = applications(ONE_PERMIT);
    const tide = application();
    const permit = await tide.acquire();
    const call = follow(tide.run(() => "in"));
    await runtime.advance(5_000);
    expect(call.result()).toBeNull();
    await permit.dispose();
    await runtime.advance(0);
    expect(call.result()).toEqual({ value: "in" });
  });
});

describe("a job that begins its own successor", () => {
  it.each(["after its end", "before its end"])("keeps nothing of those that came before it: %s", async (when) => {
    const { runtime, instance } = fleet(TWO_PERMITS);
    const guard = instance();
    const depths: number[] = [];
    const passing = () => new Promise<void>((resolve) => void runtime.setTimer(resolve, 1));
    const job = (left: number): Promise<void> =>
      guard.run(async () => {
        let depth = 0;
        for (let frame = frameOf("any", "request")?.outer; frame; frame = frame.outer) depth += 1;
        depths.push(depth);
        const next = async () => {
          await passing();
          if (left > 1) void follow(job(left - 1));
        };
        if (when === "before its end") await next();
        else void follow(next());
      });
    void follow(job(100));
    await runtime.advance(1_000);
    expect(depths).toHaveLength(100);
    expect(Math.max(...depths)).toBeLessThanOrEqual(3);
  });
});
