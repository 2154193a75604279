/** The lane `slow` may wait for longer or shorter than the others, and have a line of its own length. */
import { describe, expect, it } from "vitest";
import { sql, type Tidegate } from "../../lib/tidegate.ts";
import { follow, heldCall } from "../support/guarded.ts";
import { applications } from "../support/own-gates.ts";

const ENV = {
  DB_POOL_SIZE: "1",
  DB_MAX_OVERFLOW: "0",
  DB_SLOW_MAX_CONCURRENT: "1",
  DB_CALL_TIMEOUT_MS: "60000",
  DB_POOL_TIMEOUT: "1",
  DB_SLOW_POOL_TIMEOUT: "5",
  DB_SLOW_MAX_WAITING: "1",
};
const FULL = { refusal: { gate: "main", reason: "full" } };
const ONE = sql`select 1`;

const all = async (rows: AsyncIterable<unknown>) => {
  for await (const _ of rows);
};
const WAYS: readonly (readonly [name: string, ask: (tide: Tidegate) => Promise<unknown>])[] = [
  ["run", (tide) => tide.run(() => "in", { lane: "slow" })],
  ["acquire", (tide) => tide.acquire({ lane: "slow" })],
  ["query", (tide) => tide.db.lane("slow").query(ONE)],
  ["stream", (tide) => all(tide.db.lane("slow").stream(ONE))],
  ["transaction", (tide) => tide.db.lane("slow").transaction((tx) => tx.query`select 1`)],
];

/** An application whose only permit of each lane is held. */
function full() {
  const { application, runtime } = applications(ENV);
  const tide = application();
  for (const lane of ["request", "slow"] as const) void follow(tide.run(heldCall().hold, { lane }));
  return { tide, runtime };
}

describe("a call of the lane slow", () => {
  it.each(WAYS)("waits for as long as that lane says: %s", async (_, ask) => {
    const { tide, runtime } = full();
    const [slow, quick] = [follow(ask(tide)), follow(tide.run(() => "in"))];
    await runtime.advance(1_000);
    expect(quick.result()?.error).toMatchObject(FULL);
    await runtime.advance(3_999);
    expect(slow.result()).toBeNull();
    await runtime.advance(1);
    expect(slow.result()?.error).toMatchObject(FULL);
  });

  it("is refused at once where its line is full, while others still wait", async () => {
    const { tide, runtime } = full();
    const asked = ["slow", "slow", "request", "request"] as const;
    const [, second, third, fourth] = asked.map((lane) => follow(tide.run(() => "in", { lane })));
    await runtime.advance(0);
    expect(second?.result()?.error).toMatchObject(FULL);
    expect([third?.result(), fourth?.result()]).toEqual([null, null]);
  });
});
