/** The doctor in front of names that other programs use, too. */
import { expect, test } from "vitest";
import { examined } from "../support/examined.ts";

test("says under which name a variable was read, where that is not its own", async () => {
  const { of } = await examined({ TIDEGATE_LOG_LEVEL: "warn", LOG_LEVEL: "loud", NODE_ENV: "test", PORT: "9000" });
  expect(of("names")).toMatchObject([
    { verdict: "ok", found: "read under another name: APP_ENV by NODE_ENV, LOG_LEVEL by TIDEGATE_LOG_LEVEL" },
  ]);
  expect((await examined({ PORT: "9000" })).of("names")).toEqual([]);
});

test("warns of a value that was meant for another program", async () => {
  const { code, of } = await examined({ LOG_LEVEL: "loud" });
  expect(code).toBe(0);
  expect(of("configuration").filter(({ verdict }) => verdict === "warn")).toMatchObject([
    { found: expect.stringContaining('LOG_LEVEL is "loud"'), remedy: expect.stringContaining("TIDEGATE_LOG_LEVEL") },
  ]);
});
