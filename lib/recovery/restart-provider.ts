/** The port of what restarts: a platform's hook, the supervisor, or the ledger itself. */
import type { Deployment, Progress } from "./ledger/types.ts";
import type { Firing } from "./restarts.ts";

/** Beside restarting: what becomes of a deployment can be asked; all but the restart itself can be tried. */
export type ProviderCapability = "restart" | "status" | "dry_run";

/** How the platform restarts. */
export interface RestartProvider {
  /** Such as `kubernetes`; `soft` where nothing is redeployed. */
  readonly name: string;
  /** What may be named as the target of a restart; empty where there is nothing to choose. */
  readonly targets: readonly string[];
  /** What it can do. */
  readonly capabilities: readonly ProviderCapability[];
  /** What no log may show: a URL or a token given in code is in no environment. */
  readonly secrets?: readonly string[];
  /** Longest one call of it may take, in milliseconds. */
  readonly deadlineMs: number;
  /**
   * Restarts; null where the platform gives nothing to follow.
   *
   * @throws Error, such as a HookError, with a sentence for people; the reason of `firing.signal` when that is aborted.
   */
  fire(firing: Firing): Promise<Deployment | null>;
  /**
   * Asks once what became of what `fire` returned. Absent where the platform does not tell.
   *
   * @throws As {@link fire}.
   */
  status?(deployment: Deployment, signal: AbortSignal): Promise<Progress>;
  /** Calls `listener` with what the platform says by itself, for restarts by their ids. Absent where it says nothing. */
  listen?(listener: (id: string, progress: Progress) => void): void;
}
