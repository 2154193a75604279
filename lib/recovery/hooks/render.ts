/** Render: restarts the instances of one service, without a deploy. https://api-docs.render.com/reference/restart-service */
import * as v from "valibot";
import type { Runtime } from "../../runtime.ts";
import { bearer, secretsOf, segment } from "./credentials.ts";
import type { Hook } from "./hook.ts";
import type { RenderOptions } from "./options.ts";
import { CALL_DEADLINE_MS, platform } from "./platform.ts";

export type { Runtime } from "../../runtime.ts";
export type { Hook } from "./hook.ts";
export type { RenderOptions } from "./options.ts";

const SERVICE = v.object({ id: v.string(), name: v.string(), suspended: v.string() });

/**
 * Restarting is asked for once: twice would be two restarts. Render has no id for it, hence nothing to follow.
 *
 * @example
 * ```ts
 * const tide = tidegate({ database, store, restart: render({ apiKey, serviceId: "srv-abc123" }) });
 * ```
 */
export function render({ apiKey, serviceId }: RenderOptions, runtime?: Runtime): Hook {
  const { ask, refusal } = platform({ hook: "render", secrets: secretsOf(apiKey), headers: bearer(apiKey), runtime });
  const url = `https://api.render.com/v1/services/${segment(serviceId)}`;
  return {
    name: "render",
    targets: [serviceId],
    capabilities: ["restart", "dry_run"],
    deadlineMs: CALL_DEADLINE_MS,
    async fire({ signal }) {
      await ask({ doing: "restarting the service", method: "POST", url: `${url}/restart` }, signal);
      return null;
    },
    async dryRun(signal) {
      const doing = "looking up the service";
      const { name, suspended } = (await ask({ doing, method: "GET", url }, signal)).read(SERVICE);
      if (suspended !== "not_suspended") throw refusal(doing, `${name} is suspended; resume it first`);
      return { checked: `The key sees the service ${name}, which runs.`, unchecked: "Whether it may restart it." };
    },
  };
}
