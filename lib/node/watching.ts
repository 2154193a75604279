/** The watchdog on Node: a tick every so often, one at a time. */
import type { Tidegate } from "../tidegate.ts";

/** @returns What stops it. Does nothing where `WATCHDOG_ENABLED` is false. */
export function keepWatch({ config, watch }: Pick<Tidegate, "config" | "watch">): () => void {
  if (!config.watchdog.enabled) return () => {};
  const timer = setInterval(() => void watch(), config.watchdog.checkIntervalMs);
  timer.unref();
  return () => clearInterval(timer);
}
