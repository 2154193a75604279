import { describe, expect, it } from "vitest";
import { DatabaseError } from "../../lib/database/port.ts";
import type { Outcome } from "../../lib/gate/types.ts";
import { fleet } from "../support/guarded.ts";

const failing = () => Promise.reject(new RangeError("theirs"));

describe("a judge that fails itself", () => {
  const judges: [string, () => Outcome][] = [
    [
      "by throwing",
      () => {
        throw new TypeError("the judge's");
      },
    ],
    ["by saying what is no outcome", () => "sucess" as Outcome],
  ];
  it.each(judges)("%s has not judged: the call's own error arrives, and counts", async (_, classify) => {
    const guard = fleet().instance();
    await expect(guard.run(failing, { classify })).rejects.toThrow("theirs");
    expect(await guard.view()).toMatchObject({ lanes: { request: { held: 0 } }, window: { calls: 1, failures: 1 } });
  });

  it("at the deadline leaves a timeout what it is", async () => {
    const { runtime, instance } = fleet({ DB_CALL_TIMEOUT_MS: "1000" });
    const guard = instance();
    const classify = () => {
      throw new TypeError("the judge's");
    };
    const run = guard.run(({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", reject)), {
      classify,
    });
    const error = run.catch((found: unknown) => found);
    await runtime.advance(1_000);
    expect(await error).toBeInstanceOf(DatabaseError);
    expect(await guard.view()).toMatchObject({ lanes: { request: { held: 0 } }, window: { failures: 1 } });
  });
});
