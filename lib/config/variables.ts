/** All variables in one table, in the order of `.env.example` and of docs/settings.md. */
import type { Table, Variable } from "./variable.ts";
import { ACCESS, type AccessValues, HTTP, type HttpValues } from "./variables/access.ts";
import { APP, type AppValues, LOG, type LogValues } from "./variables/app.ts";
import { BREAKER, type BreakerValues } from "./variables/breaker.ts";
import { DATABASE, type DatabaseValues } from "./variables/database.ts";
import { HEALTH, type HealthValues } from "./variables/health.ts";
import { HOOKS, type HookValues } from "./variables/hooks.ts";
import { RESTART, type RestartValues } from "./variables/restart.ts";
import { STORE, type StoreValues } from "./variables/store.ts";

/** What each variable became. */
export interface Values
  extends AppValues,
    DatabaseValues,
    StoreValues,
    BreakerValues,
    HealthValues,
    RestartValues,
    HookValues,
    AccessValues,
    HttpValues,
    LogValues {}

export const VARIABLES: Table<Values> = {
  ...APP,
  ...DATABASE,
  ...STORE,
  ...BREAKER,
  ...HEALTH,
  ...RESTART,
  ...HOOKS,
  ...ACCESS,
  ...HTTP,
  ...LOG,
};

/** The table as a list, for whoever treats all variables alike. */
export const VARIABLE_LIST: readonly (readonly [name: keyof Values, variable: Variable<unknown>])[] = Object.entries(
  VARIABLES,
) as [keyof Values, Variable<unknown>][];
