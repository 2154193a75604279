/** How the environment wants to be restarted, by the hooks that a platform has. What it has is in `platforms/`. */
import type { Hook, HookLoaders } from "tidegate";
import { type Config, ConfigError, type HookOptions } from "tidegate/config";

export type Hooks = Partial<HookLoaders>;

/**
 * Loads only the hook that is chosen.
 *
 * @param supervisor The hook over the supervisor above this process; null where there is none.
 * @returns Undefined for the soft restart, which Tidegate has by itself.
 * @throws ConfigError where the platform has no such hook, or `node` is chosen and there is no supervisor.
 */
export async function restartOf(
  { restart }: Config,
  { hooks, platform }: { readonly hooks: Hooks; readonly platform: string },
  supervisor: Hook | null = null,
): Promise<Hook | undefined> {
  const { hook, target } = restart;
  if (hook === null) return supervisor ?? undefined;
  if (hook === "soft") return undefined;
  if (hook !== "node") return target ? chosen(target, hooks, platform) : undefined;
  if (supervisor) return supervisor;
  throw new ConfigError([{ variable: "RESTART_HOOK", needed: NODE_NEEDS, found: JSON.stringify(hook) }]);
}

const NODE_NEEDS =
  "a supervisor above the process to be node, on Node alone: set WEB_CONCURRENCY, and a DATABASE_URL and STATE_URL that processes can share";

function chosen<Kind extends keyof HookOptions>(
  target: { readonly kind: Kind } & HookOptions[Kind],
  hooks: Hooks,
  platform: string,
): Promise<Hook> {
  const load = hooks[target.kind];
  if (load) return load(target);
  const needed = `one of those that ${platform} has: soft, ${Object.keys(hooks).join(", ")}`;
  throw new ConfigError([{ variable: "RESTART_HOOK", needed, found: JSON.stringify(target.kind) }]);
}
