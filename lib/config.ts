/**
 * The environment, read once: validated, frozen, grouped, and never looked at again.
 *
 * Map of `lib/config/`: `variables/` is the one table of all variables, by topic; `schemas`, `url`, `targets` and
 * `lists` say what a value must look like; `hook-targets` which of them a restart hook needs; `read` applies the table, `relations` judges variables that depend on each
 * other, `assemble` builds the {@link Config}; `fault` and `mask` are what people see when it is wrong; `typos` notices
 * names that nobody reads.
 */
export { ConfigError, type ConfigFault } from "./config/fault.ts";
export type { HookTarget } from "./config/hook-targets.ts";
export { type ReadOptions, readConfig } from "./config/read.ts";
export {
  type AppEnv,
  type BreakerSettings,
  type Config,
  type ConfigWarning,
  type DatabaseTarget,
  type NamedToken,
  RESTART_HOOKS,
  type RestartHook,
  type StoreTarget,
} from "./config/types.ts";
