/** Heroku: restarts the dynos of one app. https://devcenter.heroku.com/articles/platform-api-reference#dyno-restart-all */
import * as v from "valibot";
import type { Runtime } from "../../runtime.ts";
import { bearer, secretsOf, segment } from "./credentials.ts";
import type { Hook } from "./hook.ts";
import type { HerokuOptions } from "./options.ts";
import { CALL_DEADLINE_MS, platform } from "./platform.ts";

export type { Runtime } from "../../runtime.ts";
export type { Hook } from "./hook.ts";
export type { HerokuOptions } from "./options.ts";

const DYNOS = v.array(v.object({ name: v.string(), type: v.string(), state: v.string(), updated_at: v.string() }));
type Dyno = v.InferOutput<typeof DYNOS>[number];

/** What somebody runs by hand, and what a release runs once, end by themselves. */
const PASSING = ["run", "release"];
/** A sleeping dyno starts anew with its next request. */
const UP = ["up", "idle"];

/**
 * Asked for once: twice would be two restarts. Heroku has no id for it; it is followed by the last time that any dyno
 * changed before, on Heroku's own clock: whatever is up since a later one has been restarted.
 *
 * @example
 * ```ts
 * const restart = heroku({ apiKey, app: "shop" });
 * ```
 */
export function heroku({ apiKey, app }: HerokuOptions, runtime?: Runtime): Hook {
  const headers = { ...bearer(apiKey), accept: "application/vnd.heroku+json; version=3" };
  const { ask, refusal } = platform({ hook: "heroku", secrets: secretsOf(apiKey), headers, runtime });
  const url = `https://api.heroku.com/apps/${segment(app)}/dynos`;

  async function dynos(signal: AbortSignal): Promise<readonly Dyno[]> {
    const found = (await ask({ doing: "listing the dynos", method: "GET", url }, signal)).read(DYNOS);
    return found.filter(({ type }) => !PASSING.includes(type));
  }
  async function running(signal: AbortSignal): Promise<readonly Dyno[]> {
    const found = await dynos(signal);
    if (found.length === 0) throw refusal("listing the dynos", `${app} has none; scale it first`);
    return found;
  }

  return {
    name: "heroku",
    targets: [app],
    capabilities: ["restart", "status", "dry_run"],
    deadlineMs: 4 * CALL_DEADLINE_MS,
    async fire({ signal }) {
      const before = await running(signal);
      await ask({ doing: "restarting the dynos", method: "DELETE", url }, signal);
      return { id: newest(before), url: null, status: "restarting" };
    },
    async status(deployment, signal) {
      const found = await dynos(signal);
      const anew = found.filter(({ updated_at }) => updated_at > deployment.id);
      const crashed = anew.filter(({ state }) => state === "crashed").map(({ name }) => name);
      const up = anew.filter(({ state }) => UP.includes(state));
      const status = crashed.length > 0 ? `crashed: ${crashed.join(", ")}` : `${up.length} of ${found.length} up again`;
      const state = crashed.length > 0 ? "failed" : up.length === found.length ? "succeeded" : "running";
      return { deployment: { ...deployment, status }, state };
    },
    async dryRun(signal) {
      const found = await running(signal);
      return { checked: `The key sees ${found.length} dynos of ${app}.`, unchecked: "Whether it may restart them." };
    },
  };
}

/** Times of one form, in UTC, compare as text. */
const newest = (dynos: readonly Dyno[]): string =>
  dynos.reduce((latest, { updated_at }) => (updated_at > latest ? updated_at : latest), "");
