/** A gate as applications hold it: by its name, which costs nothing until something is called through it. */
import type { GateView, Operate, OperateReply } from "../gate/renewal.ts";
import type { Runtime } from "../runtime.ts";
import type { GateOptions } from "./gate-options.ts";
import type { Gates } from "./gates.ts";
import type { Guard, RunOptions } from "./guard.ts";
import { type AcquireOptions, type Acquiring, acquire, type Permit } from "./permit.ts";

/** A gate by name; the one of the main database is `tide` itself. */
export interface Gate {
  /**
   * Guards a call that Tidegate does not make itself: an ORM, another database, an HTTP dependency.
   *
   * @throws Refused when the gate does not let it in; DatabaseError with fault `timeout` at the deadline; the reason of
   * `options.signal` when that is aborted; otherwise what the call throws.
   * @example
   * ```ts
   * const invoice = await tide.gate("billing").run((signal) => fetch(url, { signal }), { deadlineMs: 2_000 });
   * ```
   */
  run<Value>(call: (signal: AbortSignal) => Promise<Value> | Value, options?: RunOptions): Promise<Value>;
  /**
   * Holds a permit until it is disposed of, for what is no function to be called. One that never is ends at its deadline,
   * as a failure, and is told in the log.
   *
   * @throws Refused when the gate does not let it in; the reason of `options.signal` when that is aborted.
   * @example
   * ```ts
   * await using permit = await tide.acquire({ lane: "slow", deadlineMs: 60_000 });
   * await job.run({ signal: permit.signal });
   * ```
   */
  acquire(options?: AcquireOptions): Promise<Permit>;
  /**
   * The gate as it stands: breaker, lanes, window, recent transitions.
   *
   * @throws Refused where this instance has no room for one more gate.
   * @example
   * ```ts
   * const { breaker, lanes } = await tide.view();
   * ```
   */
  view(): Promise<GateView>;
  /**
   * An operator's word, for every instance and with an end: forced open, forced closed, observed only, or automatic.
   *
   * @throws Refused where the shared gate does not confirm it; Error where it is no such word.
   * @example
   * ```ts
   * await tide.override({ mode: "force_open", ttlMs: 600_000, actor: "kim", reason: "the database moves house" });
   * ```
   */
  override(command: Omit<Operate, "kind" | "opId" | "expectedVersion">): Promise<OperateReply>;
  /**
   * Closes the breaker, whoever or whatever opened it, and forgets what it has counted.
   *
   * @throws As {@link override}.
   */
  reset(command: Pick<Operate, "actor" | "reason">): Promise<OperateReply>;
}

export interface HandleOptions extends Omit<Acquiring, "guard"> {
  readonly gates: Gates;
  readonly runtime: Runtime;
}

export function gateHandle({ gates, ...acquiring }: HandleOptions, name: string, said?: GateOptions): Gate {
  // In a promise's own words: who calls a gate is told by a rejection why it does not let in.
  const guarded = async <Value>(ask: (guard: Guard) => Promise<Value> | Value): Promise<Value> =>
    ask(gates.of(name, said));
  const override: Gate["override"] = (command) =>
    guarded((guard) => guard.operate({ ...command, opId: acquiring.runtime.uuid(), expectedVersion: null }));
  return {
    run: (call, options) => {
      try {
        return gates.of(name, said).run(({ signal }) => call(signal), options);
      } catch (error) {
        return Promise.reject(error);
      }
    },
    acquire: (options = {}) => guarded((guard) => acquire({ ...acquiring, guard }, options)),
    view: () => guarded((guard) => guard.view()),
    override,
    reset: (command) => override({ ...command, mode: "reset", ttlMs: 0 }),
  };
}
