/**
 * Tidegate: keeps endpoints useful while their database is not.
 *
 * This file is what an application imports, and every type that any of it speaks of. Map of `lib/`: `compose` puts
 * given adapters together; `gate` is the pure machine, `store` where it lives, `guard` the shell round it, `database`
 * the drivers, `facades` pools that an application has already, `kept` its last good answers; `health` and `recovery`
 * say how it is and restart it, `contract` has the shapes of what is said, `http` all that knows Hono, `frameworks` the
 * others; `log`, `metrics` and `telemetry` are lines, figures and traces, `config` the environment, with
 * `postgres-url`. Entries of their own: `node`, `cli`, `client` for pages, `testing`, `openapi`. Single files are words
 * that everybody may speak; `thread-time` bounds what somebody else's code takes of the thread.
 */
export { tidegate } from "./compose.ts";
export type { ErrorCode, ProblemReason } from "./contract/codes.ts";
export { faultOf } from "./database/fault-of.ts";
export {
  CommitUnknown,
  type Database,
  type DatabaseAdapter,
  type DatabaseCode,
  DatabaseError,
  type DatabaseSettings,
  type DatabaseTraits,
  type Execution,
  type Fault,
  type HeldConnection,
  type IsolationLevel,
  type PoolState,
  type TakeRows,
  type TransactionMode,
} from "./database/port.ts";
export { list, type Statement, sql } from "./database/sql.ts";
export { TidegateError } from "./errors.ts";
export type { Events, ListenOptions, TideEvent, TideEvents, TideListener } from "./events.ts";
export type { GateEvent, TransitionCause } from "./gate/events.ts";
export type { GateView, LaneView, Operate, OperateReply, Push, PushMessage } from "./gate/renewal.ts";
export type { Second, Totals } from "./gate/state.ts";
export type {
  About,
  BreakerMode,
  BreakerState,
  HomeRules,
  Lane,
  OperateMode,
  Outcome,
  Override,
  OverrideMode,
  QueuedLane,
  RefusalReason,
  Tally,
} from "./gate/types.ts";
export type { AmbientLimits, CallLimits } from "./guard/ambient.ts";
export type { DatabaseLimits, GuardedDatabase } from "./guard/database/guarded-database.ts";
export type { Query, Written } from "./guard/database/query.ts";
export type { Transaction, TransactionOptions } from "./guard/database/transaction.ts";
export type { Gate } from "./guard/gate.ts";
export type { Standing } from "./guard/gate-client/port.ts";
export type { BreakerOptions, GateOptions, GatePing, LaneOptions } from "./guard/gate-options.ts";
export type { GateStanding } from "./guard/gates.ts";
export type { RunOptions } from "./guard/guard.ts";
export type { Ended, Judges } from "./guard/judge.ts";
export type { Classify } from "./guard/outcome.ts";
export type { AcquireOptions, Permit } from "./guard/permit.ts";
export { type NotAdmitted, type Refusal, type RefusalCode, Refused } from "./guard/refusal.ts";
export type { HealthKeep } from "./health/persisted-report.ts";
export type { ConnInfo } from "./http/address/peer.ts";
export type { EnvelopeMeta, TidegateEnv, TidegateVariables } from "./http/env.ts";
export { type Success, success } from "./http/envelope.ts";
export type { KeepRoute, KeepRouteOptions } from "./http/keep/keep.ts";
export type { HttpShell } from "./http/middleware.ts";
export { type MisconfiguredOptions, misconfigured } from "./http/misconfigured.ts";
export { type Problem, ProblemError } from "./http/problem.ts";
export { type CutOff, type Refusing, type UnderWay, underWay } from "./http/under-way.ts";
export { type Checked, validate } from "./http/validate.ts";
export type { Forget } from "./kept/forgetting.ts";
export type { KeepHome } from "./kept/port.ts";
export type { KeepOptions } from "./kept/rules.ts";
export type { KeptValue, KeptValueOptions, KeptValues, LoadContext } from "./kept/values.ts";
export type { KeepWhen } from "./kept/when.ts";
export type { LogFormat } from "./log/format.ts";
export { type LineLog, type LineLogOptions, type LogSettings, lineLog } from "./log/line-log.ts";
export type { LeastLevel, Log, LogFields } from "./log/port.ts";
export type { TidegateOptions } from "./options.ts";
export {
  type DryRun,
  type Hook,
  HookError,
  type HookFault,
  type HookLoaders,
  type Progress,
} from "./recovery/hooks/hook.ts";
export type { Deployment } from "./recovery/ledger/types.ts";
export type { RecommendationAction, RecommendationLevel, RecommendationReason } from "./recovery/recommendation.ts";
export type { ProviderCapability, RestartProvider } from "./recovery/restart-provider.ts";
export type { Firing } from "./recovery/restarts.ts";
export type { Advice, TickReport } from "./recovery/watchdog.ts";
export type { Runtime, Timer, TimerOptions } from "./runtime.ts";
export type {
  Aftermath,
  KvEntry,
  Limiter,
  LimitRule,
  LimitVerdict,
  Machine,
  MaybePromise,
  Store,
  StoreAdapter,
  StoreKind,
  StoreLog,
  StoreTraits,
} from "./store/port.ts";
export type { WaitUntil } from "./store/wait-until.ts";
export type { Tidegate } from "./tide.ts";
