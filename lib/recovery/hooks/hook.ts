/**
 * The port of hooks: how one platform restarts or redeploys what runs on it.
 *
 * Map of this folder: `hook` is the port (this file), `options` what each hook is given; `platform` asks a platform
 * something over HTTP, `answer` is what comes back; `credentials` writes tokens as headers, `secret-url` is for URLs that
 * are secrets as a whole. Every other file or folder is one hook, by the name that `RESTART_HOOK` gives it, or what two
 * hooks of one platform share.
 */
import type { RestartProvider } from "../restart-provider.ts";
import type { HookOptions } from "./options.ts";

export type { Progress } from "../ledger/types.ts";

/** What a dry run found in order, and what nobody can know without restarting: sentences for people. */
export interface DryRun {
  /** What is in order. */
  readonly checked: string;
  /** What only a restart would show; null where there is nothing. */
  readonly unchecked: string | null;
}

/**
 * `fire` asks at most once for what would restart twice; only what does no more the second time is asked for again.
 * `fire`, `status` and `dryRun` reject with a {@link HookError}, or, where `signal` was aborted, with its reason.
 */
export interface Hook extends RestartProvider {
  /**
   * Asks everything but the restart: credentials, target, permission where the platform tells. Changes nothing.
   *
   * @throws HookError where something is not in order; the reason of `signal` when that is aborted.
   */
  dryRun(signal: AbortSignal): Promise<DryRun>;
}

/** What loads each hook, by the name that `RESTART_HOOK` gives it: a platform takes those that it needs into its bundle. */
export type HookLoaders = {
  readonly [Kind in keyof HookOptions]: (options: HookOptions[Kind]) => Promise<Hook>;
};

/**
 * Why a platform did not do as asked.
 *
 * `unauthorized`, `refused` and `throttled`: nothing was restarted. `failed` (5xx), `unreachable` and `garbage` (a
 * success that cannot be read): it may have been.
 */
export type HookFault = "unauthorized" | "refused" | "throttled" | "failed" | "unreachable" | "garbage";

/**
 * Its message names the hook, what was asked, what was found and what to do; it carries no secret, and no cause.
 *
 * @example
 * ```ts
 * await hook.dryRun(AbortSignal.timeout(10_000)).catch((error) => {
 *   if (error instanceof HookError && error.fault === "unauthorized") console.error(error.message);
 * });
 * ```
 */
export class HookError extends Error {
  /** Always `HookError`. */
  override readonly name = "HookError";
  /** The hook's name, such as `render`. */
  readonly hook: string;
  /** What went wrong, and so whether something was restarted. */
  readonly fault: HookFault;
  /** The HTTP status of the platform's answer; null where there was no answer. */
  readonly status: number | null;
  /** How long the platform wants to be left alone, in milliseconds; null where it does not say. */
  readonly retryAfterMs: number | null;

  /** For hooks; what is left out is null. */
  constructor(
    message: string,
    about: {
      readonly hook: string;
      readonly fault: HookFault;
      readonly status?: number | null;
      readonly retryAfterMs?: number | null;
    },
  ) {
    super(message);
    this.hook = about.hook;
    this.fault = about.fault;
    this.status = about.status ?? null;
    this.retryAfterMs = about.retryAfterMs ?? null;
  }
}
