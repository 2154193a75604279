/** How a start that fails ends: service managers tell by the code whether another one could help. */
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { launchDemo } from "../support/demo.ts";
import { freePort } from "../support/processes.ts";

/** Of `sysexits.h`, as in `RestartPreventExitStatus`. */
const EX_CONFIG = 78;

describe("a start that fails", () => {
  it.each<[string, Record<string, string>, RegExp]>([
    ["a variable that cannot be used", { DB_POOL_SIZE: "many" }, /DB_POOL_SIZE/],
    ["a store that the platform lacks", { STATE_URL: "durable-object:" }, /STATE_URL/],
    [
      "the same for workers, which would fall one after the other",
      { STATE_URL: "durable-object:", DATABASE_URL: "postgres://127.0.0.1:1/fab", WEB_CONCURRENCY: "2" },
      /STATE_URL/,
    ],
  ])("for %s ends with 78: the next one would fail as well", async (_, env, named) => {
    const demo = launchDemo(env, await freePort());
    expect(await demo.ended()).toBe(EX_CONFIG);
    expect(demo.output()).toMatch(named);
  });

  it("for a port that is taken ends with 1: that may be over soon", async () => {
    const port = await freePort();
    const other = createServer().listen(port, "127.0.0.1");
    const demo = launchDemo({ DATABASE_URL: "postgres://127.0.0.1:1/fab" }, port);
    expect(await demo.ended()).toBe(1);
    expect(demo.output()).toContain("EADDRINUSE");
    other.close();
  });
});
