/** Fly: restarts the machines of one app, one after the other. https://fly.io/docs/machines/api/machines-resource/ */
import * as v from "valibot";
import type { Runtime } from "../../runtime.ts";
import { sleep } from "../../time.ts";
import { bearer, secretsOf, segment } from "./credentials.ts";
import { type Hook, HookError } from "./hook.ts";
import type { FlyOptions } from "./options.ts";
import { platform } from "./platform.ts";

export type { Runtime } from "../../runtime.ts";
export type { Hook } from "./hook.ts";
export type { FlyOptions } from "./options.ts";

const MACHINES = v.array(
  v.object({
    id: v.pipe(v.string(), v.minLength(1)),
    state: v.string(),
    config: v.nullish(v.object({ metadata: v.nullish(v.record(v.string(), v.string())) })),
  }),
);

/** Fly's own: consoles that somebody has open, and what a release runs once. */
const OF_FLY = /^fly_app_/;
/** Fly answers one request a second for each machine. */
const PAUSE_MS = 1_000;
/** Fly waits no longer for a machine in one request. */
const START_SECONDS = 60;
/** Longer than Fly waits, for its answer to arrive. */
const START_DEADLINE_MS = (START_SECONDS + 5) * 1_000;
/** A machine that is stopped has 5 s to end, by default: what was fired must be told to the ledger before. */
const OWN_DEADLINE_MS = 2_000;
/** Some machines that start at once, or a few slow ones. What is left then is not restarted. */
const ROLL_DEADLINE_MS = 300_000;

/**
 * Restarts what is started, each machine when the one before has started again: a machine that does not stops the
 * roll. What Fly has stopped stays so. Each is asked for once: twice would be two restarts.
 *
 * @example
 * ```ts
 * const restart = fly({ token, app: "shop", ownMachine: process.env.FLY_MACHINE_ID ?? null });
 * ```
 */
export function fly({ token, app, ownMachine }: FlyOptions, runtime?: Runtime): Hook {
  const fly = platform({ hook: "fly", secrets: secretsOf(token), headers: bearer(token), runtime });
  const { ask, refusal } = fly;
  const machines = `https://api.machines.dev/v1/apps/${segment(app)}/machines`;
  const urlOf = (id: string) => `${machines}/${segment(id)}`;

  async function started(signal: AbortSignal): Promise<readonly string[]> {
    const doing = "listing the machines";
    const found = (await ask({ doing, method: "GET", url: machines }, signal)).read(MACHINES);
    const ids = found
      .filter(({ state, config }) => state === "started" && !OF_FLY.test(config?.metadata?.fly_process_group ?? ""))
      .map(({ id }) => id);
    if (ids.length === 0) throw refusal(doing, `${app} has none that is started`);
    return [...ids.filter((id) => id !== ownMachine), ...ids.filter((id) => id === ownMachine)];
  }
  const waitFor = (id: string, seconds: number, accept: readonly number[]) => ({
    doing: `waiting for machine ${id} to start`,
    method: "GET" as const,
    url: `${urlOf(id)}/wait?state=started&timeout=${seconds}`,
    deadlineMs: START_DEADLINE_MS,
    accept,
  });
  async function restart(id: string, isLast: boolean, signal: AbortSignal): Promise<void> {
    const call = { doing: `restarting machine ${id}`, method: "POST", url: `${urlOf(id)}/restart` } as const;
    if (id === ownMachine) {
      await ask({ ...call, deadlineMs: OWN_DEADLINE_MS }, signal).catch((error: unknown) => {
        // The answer would come when this machine is gone.
        if (!(error instanceof HookError && error.fault === "unreachable")) throw error;
      });
      return;
    }
    await ask({ ...call, deadlineMs: START_DEADLINE_MS }, signal);
    if (isLast) return;
    await sleep(fly.runtime, PAUSE_MS, signal);
    const { status } = await ask(waitFor(id, START_SECONDS, [408]), signal);
    if (status === 408)
      throw refusal(`waiting for machine ${id}`, `it has not started in ${START_SECONDS} s`, "failed");
  }

  return {
    name: "fly",
    targets: [app],
    capabilities: ["restart", "status", "dry_run"],
    deadlineMs: ROLL_DEADLINE_MS,
    async fire({ signal }) {
      const ids = await started(signal);
      for (const [index, id] of ids.entries()) {
        await restart(id, index === ids.length - 1, signal).catch((error: unknown) => {
          if (index === 0 || !(error instanceof HookError)) throw error;
          const { hook, status, retryAfterMs } = error;
          const message = `${error.message} (restarted before: ${index} of ${ids.length} machines)`;
          throw new HookError(message, { hook, fault: "failed", status, retryAfterMs });
        });
      }
      return { id: ids.at(-1) ?? "", url: null, status: `restarting ${ids.length} machines` };
    },
    async status(deployment, signal) {
      const { status } = await ask(waitFor(deployment.id, 1, [404, 408]), signal);
      if (status === 408) return { deployment: { ...deployment, status: "starting" }, state: "running" };
      if (status === 404) return { deployment: { ...deployment, status: "destroyed" }, state: "failed" };
      return { deployment: { ...deployment, status: "started" }, state: "succeeded" };
    },
    async dryRun(signal) {
      const ids = await started(signal);
      const own = ownMachine !== null && ids.includes(ownMachine) ? ", this one last" : "";
      return {
        checked: `The token sees ${ids.length} started machines of ${app}${own}.`,
        unchecked: "Whether it may restart them.",
      };
    },
  };
}
