/**
 * Tidegate: keeps endpoints useful while their database is not.
 *
 * This file is what an application imports, and every type that any of it speaks of. Map of `lib/`: `compose` puts given
 * adapters together; `gate` is the pure machine, `store` where it lives, `guard` the shell round it, `database` the
 * drivers, `health` and `recovery` what is said about them, `contract` the shapes of what is said, `http` all that knows
 * Hono, `openapi` describes what it answers, `log` the log, `config` the environment.
 */
export { type Tidegate, type TidegateOptions, tidegate } from "./compose.ts";
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
} from "./gate/types.ts";
export type { Gate } from "./guard/gate.ts";
export type { Standing } from "./guard/gate-client/port.ts";
export type { BreakerOptions, GateOptions, LaneOptions } from "./guard/gate-options.ts";
export type { GateStanding } from "./guard/gates.ts";
export type { RunOptions } from "./guard/guard.ts";
export type { DatabaseLimits, GuardedDatabase } from "./guard/guarded-database.ts";
export type { Ended, Judges } from "./guard/judge.ts";
export type { Classify } from "./guard/outcome.ts";
export type { AcquireOptions, Permit } from "./guard/permit.ts";
export type { CallLimits, Query, Written } from "./guard/query.ts";
export { type NotAdmitted, type Refusal, type RefusalCode, Refused } from "./guard/refusal.ts";
export type { Transaction, TransactionOptions } from "./guard/transaction.ts";
export type { HealthKeep } from "./health/persisted-report.ts";
export type { ConnInfo } from "./http/address/peer.ts";
export type { EnvelopeMeta, TidegateEnv, TidegateVariables } from "./http/env.ts";
export { type Success, success } from "./http/envelope.ts";
export type { HttpShell } from "./http/middleware.ts";
export { type MisconfiguredOptions, misconfigured } from "./http/misconfigured.ts";
export { type Problem, ProblemError } from "./http/problem.ts";
export { type Checked, validate } from "./http/validate.ts";
export type { Log, LogFields } from "./log/port.ts";
export {
  type DryRun,
  type Hook,
  HookError,
  type HookFault,
  type HookLoaders,
  type Progress,
} from "./recovery/hooks/hook.ts";
export type { Deployment } from "./recovery/ledger/types.ts";
export type { RecommendationAction, RecommendationLevel } from "./recovery/recommendation.ts";
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
