import { describe, expect, test } from "vitest";
import { CLOUDFLARE_HOOKS } from "../../functions/platforms/cloudflare-hooks.ts";
import { ALL_HOOKS } from "../../functions/platforms/hooks.ts";
import { restartOf } from "../../functions/restart.ts";
import { HOOKS } from "../../lib/config/variables/hooks.ts";
import { ConfigError, RESTART_HOOKS, readConfig } from "../../lib/config.ts";
import type { Hook } from "../../lib/recovery/hooks/hook.ts";
import manifest from "../../package.json" with { type: "json" };

const supervisor: Hook = {
  name: "node",
  targets: [],
  capabilities: ["restart"],
  deadlineMs: 1_000,
  fire: async () => null,
  dryRun: async () => ({ checked: "", unchecked: null }),
};
const choice = (env: Record<string, string>, above: Hook | null = null) =>
  restartOf(readConfig(env), { platform: "Node", hooks: ALL_HOOKS }, above);

test("every hook is public, by the name that RESTART_HOOK gives it, and part of the demo", () => {
  const named = RESTART_HOOKS.filter((hook) => hook !== "soft" && hook !== "node").toSorted();
  const entries = Object.keys(manifest.exports).filter((entry) => entry.startsWith("./hooks/"));
  expect(entries.toSorted()).toEqual(named.map((hook) => `./hooks/${hook}`));
  expect(Object.keys(ALL_HOOKS).toSorted()).toEqual(named);
});

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

  test("that a platform does not have is refused, with those that it has", async () => {
    const config = readConfig({ RESTART_HOOK: "render", RENDER_API_KEY: "rnd_0123456789", RENDER_SERVICE_ID: "srv-1" });
    const workers = { platform: "Cloudflare Workers", hooks: CLOUDFLARE_HOOKS };
    const refused = await restartOf(config, workers).catch((error: unknown) => error);
    expect((refused as ConfigError).faults).toMatchObject([
      { variable: "RESTART_HOOK", needed: expect.stringContaining("soft, cloudflare, "), found: '"render"' },
    ]);
  });

  const targets = RESTART_HOOKS.filter(
    (name) => name !== "soft" && name !== "node" && name !== "kubernetes" && name !== "cloud-run",
  );
  test.each(targets)("%s is there for its name", async (name) => {
    const values = Object.fromEntries(Object.keys(HOOKS).map((variable) => [variable, valueFor(variable)]));
    expect((await choice({ ...values, RESTART_HOOK: name }))?.name).toBe(name);
  });
});

function valueFor(variable: string): string {
  if (variable === "RESTART_WEBHOOK_SECRET") return `whsec_${btoa("a secret of thirty-two characters")}`;
  if (variable === "GITHUB_DISPATCH_REPOSITORY") return "acme/shop";
  return variable.endsWith("_URL") ? "https://platform.example.com/hook/0123456789" : "value-0123456789";
}
