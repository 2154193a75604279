/**
 * The environment, read once: validated, frozen, grouped, and never looked at again.
 *
 * Map of `lib/config/`: `types` is the shape of a {@link Config}, `variable` that of the table of all variables, which
 * `variables` puts together from its topics in `variables/`. `schemas`, `targets` and `lists` say what a value must
 * look like, `hook-targets` which of them a restart hook needs. `names` is under which a variable is written, `places`
 * where database and store are, whoever names them; `settings` is what code may say, and `in-code` how that is read.
 * `environment` finds the platform's own; `read` applies the
 * table, `relations` judges variables that depend on each other, `assemble` builds the {@link Config}; `fault` and `mask`
 * are what people see when it is wrong, `typos` notices names that nobody reads.
 */
export type { Environment } from "./config/environment.ts";
export { ConfigError, type ConfigFault } from "./config/fault.ts";
export { type HookTarget, RESTART_HOOKS, type RestartHook } from "./config/hook-targets.ts";
export { type ReadOptions, readConfig, readLog } from "./config/read.ts";
export type { LaneSettings, Settings } from "./config/settings.ts";
export type {
  AppEnv,
  BreakerSettings,
  Config,
  ConfigWarning,
  DatabaseTarget,
  InCode,
  NamedToken,
  ProxyHeader,
  StorePlaces,
  StoreTarget,
} from "./config/types.ts";
export type { GateConfig } from "./gate/types.ts";
export type { LeastLevel, LogLevel } from "./log/port.ts";
export type { HookOptions } from "./recovery/hooks/options.ts";
