/** `/internal/watchdog`: one tick, for schedulers of platforms that run no timers. */
import { Hono, type MiddlewareHandler } from "hono";
import type { Tick } from "../../contract/restarts.ts";
import type { Watchdog } from "../../recovery/watchdog.ts";
import type { TidegateEnv } from "../env.ts";
import { success } from "../envelope.ts";

export function watchdogRoutes(requireCron: MiddlewareHandler<TidegateEnv>, watchdog: Watchdog): Hono<TidegateEnv> {
  return new Hono<TidegateEnv>().on(["GET", "POST"], "/internal/watchdog", requireCron, async (c) => {
    const { outcome, because, recommendation } = await watchdog.tick();
    const tick: Tick = { outcome, because, recommendation };
    c.header("Cache-Control", "no-store");
    return success(c, tick);
  });
}
