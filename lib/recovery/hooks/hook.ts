/**
 * The port of hooks: how one platform restarts or redeploys what runs on it.
 *
 * Map of this folder: `hook` is the port (this file), `platform` asks a platform something over HTTP, `credentials`
 * writes tokens as headers; every other file or folder is one hook, by the name that `RESTART_HOOK` gives it, or what
 * two hooks of one platform share.
 */
import type { RestartWay } from "../way.ts";

export type { Progress } from "../ledger/types.ts";

/** What a dry run found in order, and what nobody can know without restarting: sentences for people. */
export interface DryRun {
  readonly checked: string;
  readonly unchecked: string | null;
}

/**
 * `fire` asks at most once for what would restart twice; only what does no more the second time is asked for again.
 * `fire`, `status` and `dryRun` reject with a {@link HookError}, or, where `signal` was aborted, with its reason.
 */
export interface Hook extends RestartWay {
  /** Asks everything but the restart: credentials, target, permission where the platform tells. Changes nothing. */
  dryRun(signal: AbortSignal): Promise<DryRun>;
}

/**
 * Why a platform did not do as asked.
 *
 * `unauthorized`, `refused` and `throttled`: nothing was restarted. `failed` (5xx), `unreachable` and `garbage` (a
 * success that cannot be read): it may have been.
 */
export type HookFault = "unauthorized" | "refused" | "throttled" | "failed" | "unreachable" | "garbage";

/** Its message names the hook, what was asked, what was found and what to do; it carries no secret, and no cause. */
export class HookError extends Error {
  override readonly name = "HookError";
  readonly hook: string;
  readonly fault: HookFault;
  /** The platform's status; null where there was no answer. */
  readonly status: number | null;
  /** How long the platform wants to be left alone; null where it does not say. */
  readonly retryAfterMs: number | null;

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
