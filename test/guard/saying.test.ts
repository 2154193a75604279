/** Of which gate something is said, how often, and through which of its lanes calls go then. */
import { describe, expect, it } from "vitest";
import type { GateOptions } from "../../lib/tidegate.ts";
import { follow, heldCall } from "../support/guarded.ts";
import { applications } from "../support/own-gates.ts";

function messageOf(task: () => unknown): string {
  try {
    task();
    return "nothing was thrown";
  } catch (error) {
    return (error as Error).message;
  }
}

describe("a gate's name", () => {
  it.each([
    ["5,000 characters", "a".repeat(5_000), `"${"a".repeat(40)}…" (5000 characters)`],
    ["braces, which clusters read", "{billing}", '"{billing}" (9 characters)'],
    ["a newline, which logs read", "a\nb", '"a\\nb" (3 characters)'],
    ["nothing", "", '"" (0 characters)'],
    ["a letter that is none in a key", "größe", '"größe" (5 characters)'],
    ["a beginning that is no letter", "-a", '"-a" (2 characters)'],
    ["a number", 5, '"5"'],
    ["null", null, '"null"'],
    ["an object", {}, '"[object Object]"'],
  ])("is refused with what it may be and the beginning of what it was: %s", (_, name, shown) => {
    const tide = applications().application();
    for (const options of [undefined, { capacity: 1 }]) {
      const asked = () => tide.gate(name as string, options);
      expect(asked).toThrow(RangeError);
      expect(asked).toThrow("a name must be 1 to 128 letters, digits and . _ : @ / + = ~ -");
      expect(asked).toThrow(`was ${shown};`);
    }
    expect(tide.gates().map(({ gate }) => gate)).toEqual(["main"]);
  });

  it.each(["a", "0", "eu-1/tenant:42@host.example+x=y~_", "a".repeat(128)])("may be %s", async (name) => {
    const tide = applications().application();
    expect(await tide.gate(name).run(() => "done")).toBe("done");
    expect(tide.gates().map(({ gate }) => gate)).toEqual(["main", name]);
  });

  it("is nobody's but the database's where it is main: it can be asked for, and nothing said about it", async () => {
    const tide = applications({ DB_POOL_SIZE: "1", DB_MAX_OVERFLOW: "0" }).application();
    expect(() => tide.gate("main", { capacity: 5 })).toThrow(RangeError);
    expect(() => tide.gate("main", { capacity: 5 })).toThrow("write tidegate({ lanes, breaker })");
    void follow(tide.run(heldCall().hold));
    const refused = tide.gate("main").run(() => "never", { waitMs: 0 });
    await expect(refused).rejects.toMatchObject({ refusal: { gate: "main", reason: "full" } });
  });
});

describe("options said of a gate", () => {
  const judge = () => true;
  const said = (): GateOptions => ({ capacity: 3, breaker: { recoveryMs: 9, probes: 2 }, isFailure: judge });

  it("may be said again alike, in whatever order, before and after it is called", async () => {
    const tide = applications().application();
    const gate = tide.gate("billing", said());
    tide.gate("billing", { isFailure: judge, breaker: { probes: 2, recoveryMs: 9 }, capacity: 3, waitMs: undefined });
    await gate.run(() => "done");
    expect(() => tide.gate("billing", said())).not.toThrow();
    expect(await tide.gate("billing").run(() => "done")).toBe("done");
  });

  it.each<[string, GateOptions]>([
    ["another value", { ...said(), capacity: 4 }],
    ["a value more", { ...said(), waitMs: 5 }],
    ["a value less", { capacity: 3, isFailure: judge }],
    ["another value deep inside", { ...said(), breaker: { recoveryMs: 10, probes: 2 } }],
  ])("are refused with both sayings where the second has %s", (_, other) => {
    const tide = applications().application();
    tide.gate("billing", said());
    const again = () => tide.gate("billing", other);
    expect(again).toThrow('tide.gate("billing"): its options are said once, or alike');
    const [, before, now] = /were (\{.*\}), now (\{.*\})$/.exec(messageOf(again)) ?? [];
    const shown = (options: GateOptions) => ({ ...options, isFailure: "a function" });
    expect([before, now].map((text) => JSON.parse(text ?? "null"))).toEqual([shown(said()), shown(other)]);
  });

  it("are refused with another judge than before", () => {
    const tide = applications().application();
    tide.gate("billing", said());
    expect(() => tide.gate("billing", { ...said(), isFailure: () => true })).toThrow("said once, or alike");
  });

  it("hold for handles that were made before they were said", async () => {
    const tide = applications().application();
    const early = tide.gate("billing");
    tide.gate("billing", { capacity: 1 });
    void follow(early.run(heldCall().hold));
    await expect(early.run(() => "never", { waitMs: 0 })).rejects.toMatchObject({ refusal: { reason: "full" } });
  });

  it("come too late once the gate is in use without any", async () => {
    const tide = applications().application();
    const held = heldCall();
    void follow(tide.gate("billing").run(held.hold));
    const late = () => tide.gate("billing", { capacity: 1 });
    expect(late).toThrow('tide.gate("billing"): it is in use, with what holds for the database');
    expect(late).toThrow("say its options before it is first called");
  });

  it("stay what they were when the object that said them changes", async () => {
    const { application } = applications();
    const tide = application();
    const options = { capacity: 1 };
    const gate = tide.gate("billing", options);
    options.capacity = 2;
    void follow(gate.run(heldCall().hold));
    await expect(gate.run(() => "never", { waitMs: 0 })).rejects.toMatchObject({ refusal: { reason: "full" } });
  });
});

describe("the slow lane of a gate of one's own", () => {
  it("is not there unless it is said, which is told with what to write", async () => {
    const gate = applications().application().gate("billing", { capacity: 2 });
    for (const asked of [gate.run(() => "never", { lane: "slow" }), gate.acquire({ lane: "slow" })]) {
      await expect(asked).rejects.toThrow(RangeError);
      await expect(asked).rejects.toThrow(
        'gate "billing" has no lane slow; say lanes: { slow: { capacity } } with its options',
      );
    }
  });

  it("is there, as the database's, where nothing at all is said about the gate", async () => {
    const tide = applications({ DB_SLOW_MAX_CONCURRENT: "6" }).application();
    expect(await tide.gate("billing").run(() => "done", { lane: "slow" })).toBe("done");
    expect(tide.gates().find(({ gate }) => gate === "billing")?.lanes.slow.capacity).toBe(6);
  });

  it("has a capacity and a deadline of its own once it is said", async () => {
    const { application, runtime } = applications();
    const gate = application().gate("billing", { capacity: 1, lanes: { slow: { capacity: 2, deadlineMs: 700 } } });
    void follow(gate.run(heldCall().hold));
    const slow = [0, 1].map(() => follow(gate.run(heldCall().hold, { lane: "slow" })));
    const refused = gate.run(() => "never", { lane: "slow", waitMs: 0 });
    await expect(refused).rejects.toMatchObject({ refusal: { reason: "full" } });
    await runtime.advance(699);
    expect(slow.map(({ result }) => result())).toEqual([null, null]);
    await runtime.advance(1);
    expect(slow.map(({ result }) => result()?.error)).toMatchObject([{ fault: "timeout" }, { fault: "timeout" }]);
  });

  it("is as large as the database's where it is said without a measure", async () => {
    const tide = applications({ DB_SLOW_MAX_CONCURRENT: "6" }).application();
    await tide.gate("billing", { lanes: { slow: {} } }).run(() => "done", { lane: "slow" });
    expect(tide.gates().find(({ gate }) => gate === "billing")?.lanes.slow.capacity).toBe(6);
  });

  it("is no lane where its name is misspelt, which is told with the names there are", async () => {
    const tide = applications().application();
    const asked = tide.gate("billing").run(() => "never", { lane: "fast" as "slow" });
    await expect(asked).rejects.toThrow(RangeError);
    await expect(asked).rejects.toThrow(/lane must be .*request.*slow.*, was fast/);
  });
});
