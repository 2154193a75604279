/** The application of one instance, on platforms that start it and then hand it requests. */
import type { Hono } from "hono";
import { lineLog, misconfigured, type Tidegate, type TidegateOptions, tidegate } from "tidegate";
import { ConfigError, readConfig, readLog } from "tidegate/config";
import manifest from "../package.json" with { type: "json" };
import { adaptersOf, type Offer } from "./adapters.ts";
import { createApp } from "./app.ts";
import { restartOf } from "./restart.ts";
import { startFault } from "./start-fault.ts";

export interface Instance {
  // biome-ignore lint/suspicious/noExplicitAny: what a platform hands over beside the request is its own.
  readonly app: Hono<any>;
  /** Null where the environment cannot be used: then `app` says so. */
  readonly tide: Tidegate | null;
  /** One look of the watchdog, for a scheduler of the platform. Does nothing where `WATCHDOG_ENABLED` is false. */
  watch(): Promise<void>;
}

export interface InstanceOptions extends Pick<TidegateOptions, "connInfo" | "healthKeep" | "keepHome" | "waitUntil"> {
  /** Default: the platform's own. Given where it comes with the first request. */
  readonly environment?: Readonly<Record<string, unknown>>;
}

/** Never rejects for want of a usable environment: what is wrong with it is logged, and answered to every request. */
export async function startInstance(offer: Offer, options: InstanceOptions = {}): Promise<Instance> {
  const { environment, ...platform } = options;
  const config = () => readConfig(environment);
  const appVersion = manifest.version;
  try {
    const first = config();
    const [adapters, restart] = [await adaptersOf(first, offer), await restartOf(first, offer)];
    const tide = tidegate({ ...adapters, ...platform, config, restart, appVersion });
    const watch = async () => {
      if (first.watchdog.enabled) await tide.watch();
    };
    // Its name is made with that: each of its lines has it from the first on.
    tide.instance();
    tide.log.info("app.started", { platform: offer.platform, env: first.app.env });
    return { app: createApp(tide), tide, watch };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const log = lineLog(readLog(environment));
    log.error("app.failed", startFault(error));
    await log.flush();
    const variables = error.faults.map(({ variable }) => variable);
    return { app: misconfigured(variables, { appVersion }), tide: null, watch: async () => {} };
  }
}
