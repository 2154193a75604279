/** A database that is away for five minutes, in virtual time. `npm run bench -- kept` does it with a real one, under load. */
import { expect, test } from "vitest";
import { DatabaseError } from "../../lib/database/port.ts";
import { keptScene } from "./scene.ts";

const EVERY_MS = 100;
const AWAY_MS = 300_000;
const STALE_SECONDS = 600;

test("leaves every caller an answer that is marked and no older than allowed, and the server in peace but for probes", async () => {
  const state = { isAway: false };
  const { app, runtime, asked, tide, settled } = keptScene({
    keep: { staleSeconds: STALE_SECONDS },
    answer: () => {
      if (state.isAway) throw new DatabaseError("connection", "The database could not be reached.");
      return [{ quantity: 7 }];
    },
  });
  expect((await app.request("/stock")).status).toBe(200);
  await settled();
  state.isAway = true;
  const before = asked.length;
  const [statuses, unmarked]: [Record<number, number>, string[]] = [{}, []];
  let [oldest, atOpening]: [number, number | undefined] = [0, undefined];
  for (let awayMs = 0; awayMs < AWAY_MS; awayMs += EVERY_MS) {
    const { status, headers } = await app.request("/stock");
    statuses[status] = (statuses[status] ?? 0) + 1;
    const cache = headers.get("cache-status") ?? "";
    if (!cache.includes("fwd=stale") || !headers.has("tidegate-as-of")) unmarked.push(cache);
    oldest = Math.max(oldest, Number(headers.get("age")));
    if ((await tide.view()).breaker.state === "open") atOpening ??= asked.length;
    await runtime.advance(EVERY_MS);
  }
  expect([statuses, unmarked]).toEqual([{ 200: AWAY_MS / EVERY_MS }, []]);
  expect(oldest).toBeLessThanOrEqual(AWAY_MS / 1_000);
  expect((atOpening ?? 0) - before).toBeLessThanOrEqual(20);
  // One at a time, after each `CIRCUIT_BREAKER_RECOVERY_TIMEOUT` of 30 s.
  expect(asked.length - (atOpening ?? 0)).toBeLessThanOrEqual(AWAY_MS / 30_000);
  state.isAway = false;
  // Where nobody asks for health, the longest pause between probes is 5 minutes, and a fifth of that by chance.
  for (let waitedMs = 0; (await app.request("/stock")).headers.has("tidegate-as-of"); waitedMs += 1_000) {
    expect(waitedMs).toBeLessThan(361_000);
    await runtime.advance(1_000);
  }
});
