/** What `tidegate()` returns: the gate of an application's database, what goes into the application, and its life. */
import type { Hono, MiddlewareHandler } from "hono";
import type { Config } from "./config.ts";
import type { Events } from "./events.ts";
import type { AmbientLimits } from "./guard/ambient.ts";
import type { GuardedDatabase } from "./guard/database/guarded-database.ts";
import type { Gate } from "./guard/gate.ts";
import type { GateOptions } from "./guard/gate-options.ts";
import type { GateStanding } from "./guard/gates.ts";
import type { TidegateEnv } from "./http/env.ts";
import type { KeepRoute } from "./http/keep/keep.ts";
import type { HttpShell } from "./http/middleware.ts";
import type { CutOff } from "./http/under-way.ts";
import type { Forget } from "./kept/forgetting.ts";
import type { KeptValues } from "./kept/values.ts";
import type { Log } from "./log/port.ts";
import type { TickReport } from "./recovery/watchdog.ts";

/** Tidegate in an application: the gate of its database, what goes into the application, and its life. */
export interface Tidegate extends Gate, HttpShell, AsyncDisposable {
  /** As it was read when this was made; frozen. */
  readonly config: Config;
  /** What it logs by, redacted: for lines of the application's own. */
  readonly log: Log;
  /** Which instance this is, in the list of instances and in the log: made with its first use. Never throws. */
  instance(): string;
  /**
   * The guarded database outside of requests: jobs, scripts. In a handler use `c.var.db`, which knows its caller. Where
   * none was given, whatever is asked of it rejects and says what to write.
   */
  readonly db: GuardedDatabase;
  /** Request ids, the guarded database as `c.var.db`, degraded answers, a rate limit for each client. */
  middleware(): MiddlewareHandler<TidegateEnv>;
  /**
   * `/health` and what is below it, `/admin` and its API, `/metrics`, `/internal/watchdog`: wherever they are mounted by
   * `route`, also below a prefix, with the middleware in front of them or without.
   */
  routes(): Hono;
  /**
   * A gate of its own for another dependency: a breaker, lanes and limits that know nothing of the database's. What is
   * said about it holds wherever it is asked for by its name.
   *
   * @throws RangeError for a name that is none; TypeError for options that are wrong; Error where it was said otherwise
   * before.
   */
  gate(name: string, options?: GateOptions): Gate;
  /**
   * A middleware for GET routes: identical requests at the same time become one, and while the database is away the last
   * good answer stands in for a refusal, marked as such.
   *
   * @throws TypeError for options that are wrong.
   * @example
   * ```ts
   * app.get("/reports/:id", tide.keep({ staleSeconds: 3_600 }), async (c) => success(c, await c.var.db.query`select 1`));
   * ```
   */
  readonly keep: KeepRoute;
  /**
   * The same for a value: what `load` makes, or what is kept of it under that key.
   *
   * @throws What `load` throws, where no kept value stands in for it; the reason of `options.signal`; TypeError for
   * options that are wrong.
   * @example
   * ```ts
   * const { value, asOf, stale } = await tide.kept("open-orders", ({ db }) => db.query`select * from orders`);
   * ```
   */
  readonly kept: KeptValues;
  /**
   * Ends what is kept before its time: for this instance at once, for the others within a second.
   *
   * @throws Error where the store does not confirm it; TypeError for what names nothing.
   * @example
   * ```ts
   * await tide.forget({ tag: "orders" });
   * ```
   */
  forget(what: Forget): Promise<void>;
  /**
   * Calls `work` within limits, which reach every statement that a facade guards inside of it, however deep: what drivers
   * and ORMs of others hand on to nobody. Within limits, what is said further in holds, and both signals end a
   * call. `c.var.db` and `tide.run` have options of their own, and do not go by these.
   *
   * @returns What `work` returns.
   * @throws Error where the platform has no AsyncLocalStorage; TypeError for limits that are wrong; what `work` throws.
   * @example
   * ```ts
   * const report = await tide.with({ signal: AbortSignal.timeout(90_000), lane: "slow", deadlineMs: 60_000 }, () => job.report());
   * ```
   */
  with<Value>(limits: AmbientLimits, work: () => Value): Value;
  /** All gates that this instance knows, as it last heard of them: asks nobody. */
  gates(): readonly GateStanding[];
  /**
   * Tells what happens, after it has been committed. Transitions and overrides are told by the instance whose message has
   * brought them about, once in a fleet; what this instance refuses, and whether its store is there, by itself.
   *
   * @returns What ends it; so does `options.signal`.
   * @example
   * ```ts
   * tide.on("transition", ({ gate, to }) => pager.send(`${gate} is ${to}`));
   * ```
   */
  readonly on: Events["on"];
  /**
   * One look of the watchdog, and what follows from it: for a timer, `Deno.cron`, a `scheduled` event. Never rejects;
   * does nothing unless `WATCHDOG_ENABLED`.
   */
  watch(): Promise<TickReport>;
  /** From now on requests are answered `SERVICE_UNAVAILABLE` and `/health/ready` 503; what runs may end. */
  drain(): void;
  /**
   * Ends connections, store and log; what does not end well is logged. Call it once nothing runs any more.
   *
   * @param cut What had to be cut off for that, for the log.
   */
  close(cut?: CutOff): Promise<void>;
}
