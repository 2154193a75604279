/** How the environment wants to be restarted. The one place of the demo that names the hooks. */
import type { Hook } from "tidegate";
import { type Config, ConfigError, type HookTarget } from "tidegate/config";

type Hooks = {
  readonly [Kind in HookTarget["kind"]]?: (target: Extract<HookTarget, { kind: Kind }>) => Promise<Hook>;
};

const HOOKS: Hooks = {
  "vercel-hook": async (target) => (await import("tidegate/hooks/vercel-hook")).vercelHook(target),
  render: async (target) => (await import("tidegate/hooks/render")).render(target),
};

/**
 * Loads only the hook that is chosen.
 *
 * @param supervisor The hook over the supervisor above this process; null where there is none.
 * @returns Undefined for the soft restart, which Tidegate has by itself.
 * @throws ConfigError where `node` is chosen, and there is no supervisor.
 */
export async function restartOf({ restart }: Config, supervisor: Hook | null = null): Promise<Hook | undefined> {
  const { hook, target } = restart;
  if (hook === null) return supervisor ?? undefined;
  if (hook === "soft") return undefined;
  if (hook !== "node") return target ? chosen(target) : undefined;
  if (supervisor) return supervisor;
  throw new ConfigError([{ variable: "RESTART_HOOK", needed: NODE_NEEDS, found: JSON.stringify(hook) }]);
}

const NODE_NEEDS =
  "a supervisor above the process to be node, on Node alone: set WEB_CONCURRENCY, and a DATABASE_URL and STATE_URL that processes can share";

function chosen<Kind extends HookTarget["kind"]>(target: Extract<HookTarget, { kind: Kind }>): Promise<Hook> {
  const hook = HOOKS[target.kind as Kind];
  if (!hook) throw new Error(`RESTART_HOOK: there is no hook ${target.kind}`);
  return hook(target);
}
