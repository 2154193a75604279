import { describe, expect, it } from "vitest";
import { type CallContext, LATER } from "../../lib/guard/execute.ts";
import { fleet, follow } from "../support/guarded.ts";

const QUICK = { DB_CALL_TIMEOUT_MS: "1000", DB_POOL_SIZE: "1", DB_MAX_OVERFLOW: "0" };

function scene(signal?: AbortSignal) {
  const { runtime, instance } = fleet(QUICK);
  const guard = instance();
  let call: CallContext | undefined;
  const begin = (context: CallContext) => {
    call = context;
    return LATER;
  };
  const answered = follow(guard.run<string>(begin, { signal }));
  if (!call) throw new Error("the call must have begun at once");
  return { runtime, guard, call, answered };
}

describe("a call that tells its end by itself", () => {
  it("gives its permit back in that very turn, for whoever asks next without waiting", async () => {
    const { guard, call, answered, runtime } = scene();
    expect(guard.isIdle()).toBe(false);
    call.succeed("done");
    expect(guard.isIdle()).toBe(true);
    expect(await guard.run(() => "next", { waitMs: 0 })).toBe("next");
    await runtime.advance(0);
    expect(answered.result()).toEqual({ value: "done" });
  });

  it("ends by what it tells first, and counts once", async () => {
    const { guard, call, answered, runtime } = scene();
    call.succeed("done");
    call.fail(new Error("too late"));
    await runtime.advance(0);
    expect(answered.result()).toEqual({ value: "done" });
    expect((await guard.view()).window).toMatchObject({ calls: 1, failures: 0 });
  });

  it("has a signal that is aborted already, where that is looked at after the abort", async () => {
    const tab = new AbortController();
    const { guard, call, runtime } = scene(tab.signal);
    const told: unknown[] = [];
    call.onAbort = () => told.push(call.over?.reason);
    expect(call.over).toBeNull();
    tab.abort("closed");
    expect(told).toEqual(["closed"]);
    expect([call.signal.aborted, call.signal.reason]).toEqual([true, "closed"]);
    expect(guard.isIdle()).toBe(false);
    call.fail(new Error("ended"));
    expect(guard.isIdle()).toBe(true);
    await runtime.advance(0);
  });

  it("aborts the signal that was looked at before", async () => {
    const { call, runtime } = scene();
    const { signal } = call;
    await runtime.advance(1_000);
    expect(signal.aborted).toBe(true);
    expect(call.signal).toBe(signal);
    expect(signal.reason).toMatchObject({ fault: "timeout" });
    call.succeed("late");
  });

  it("is no further on its deadline's mind, where it ends as it is aborted", async () => {
    const { guard, call, runtime } = scene();
    call.onAbort = () => call.fail(call.over?.reason);
    await runtime.advance(1_000);
    expect(guard.isIdle()).toBe(true);
    await guard.end();
    expect(runtime.pendingTimers()).toBe(0);
  });
});
