import { describe, expect, test } from "vitest";
import { restartOf } from "../../functions/restart.ts";
import { ConfigError, readConfig } from "../../lib/config.ts";
import type { Hook } from "../../lib/recovery/hooks/hook.ts";

const supervisor: Hook = {
  name: "node",
  targets: [],
  capabilities: ["restart"],
  deadlineMs: 1_000,
  fire: async () => null,
  dryRun: async () => ({ checked: "", unchecked: null }),
};
const choice = (env: Record<string, string>, above: Hook | null = null) => restartOf(readConfig(env), above);

describe("the restart hook", () => {
  test("that nobody has chosen is the supervisor's where there is one, else the soft restart", async () => {
    expect(await choice({}, supervisor)).toBe(supervisor);
    expect(await choice({})).toBeUndefined();
    expect(await choice({ RESTART_HOOK: "soft" }, supervisor)).toBeUndefined();
  });

  test("node needs a supervisor, and says how to have one", async () => {
    expect(await choice({ RESTART_HOOK: "node" }, supervisor)).toBe(supervisor);
    const refused = await choice({ RESTART_HOOK: "node" }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ConfigError);
    expect((refused as ConfigError).faults).toMatchObject([
      { variable: "RESTART_HOOK", needed: expect.stringContaining("WEB_CONCURRENCY"), found: '"node"' },
    ]);
  });

  test("is the platform's, also under the supervisor", async () => {
    const env = { RESTART_HOOK: "render", RENDER_API_KEY: "rnd_0123456789", RENDER_SERVICE_ID: "srv-1" };
    expect(await choice(env, supervisor)).toMatchObject({ name: "render", targets: ["srv-1"] });
  });
});
