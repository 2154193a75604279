/** Where a request may not wait for what another one began: real workerd, which ends such a request. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startWorkerd, type Workerd, workerdUnavailable } from "../support/workerd.ts";

const unavailable = workerdUnavailable();

describe.skipIf(unavailable)(`health in workerd ${unavailable ?? ""}`, () => {
  let workerd: Workerd;
  beforeAll(async () => {
    workerd = await startWorkerd({ entry: "health-worker.ts", objects: { OBJECTS: "TidegateObject" } });
  });
  afterAll(() => workerd?.dispose());

  it("is answered to all who ask at once, and again when it is due, with one ping each time", async () => {
    const ask = async () => {
      const response = await fetch(new URL("/health", workerd.url));
      return { status: response.status, text: await response.text() };
    };
    const pings = async () => (await (await fetch(new URL("/pings", workerd.url))).json()) as number;
    for (let round = 1; round <= 2; round++) {
      const startedAt = performance.now();
      const answers = await Promise.all(Array.from({ length: 20 }, ask));
      // Who waited for another request would wait for seconds: what that goes on with belongs to it.
      expect(performance.now() - startedAt).toBeLessThan(4_000);
      expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
      const payloads = answers.map(({ text }) => JSON.parse(text));
      for (const payload of payloads) {
        expect(payload).toMatchObject({ status: "healthy", services: { database: "ok" }, memo: { scope: "fleet" } });
        expect(payload).not.toHaveProperty("stale");
      }
      expect(new Set(payloads.map(({ computed_at }) => computed_at)).size).toBe(1);
      expect(await pings()).toBe(round);
      await new Promise((resolve) => setTimeout(resolve, 3_100));
    }
  });
});
