/** Follows a restart by its status until it has ended, over the moments in which nobody answers. */
import type { Restarted, RestartRow, WorkerStatus } from "../contract/restarts.ts";
import type { Runtime } from "../runtime.ts";
import { sleep } from "../time.ts";
import { CommandError, EXIT } from "./command.ts";
import type { Server } from "./server.ts";

/** The application itself asks its platform every 5 s at the most. */
const LOOK_EVERY_MS = 1_000;

export interface Followed {
  /** As it was last seen; null: never. */
  readonly row: RestartRow | null;
  /** Otherwise the wait was over first. */
  readonly ended: boolean;
  readonly tookMs: number;
}

/** @throws CommandError where the application refuses to say. */
export async function follow(
  server: Server,
  restart: Pick<Restarted, "restart_id" | "status_url">,
  waitMs: number,
  runtime: Runtime,
): Promise<Followed> {
  const startedAt = runtime.monotonicMs();
  for (let row: RestartRow | null = null; ; ) {
    const status = await server.get<WorkerStatus>(restart.status_url).catch(away);
    row = status?.restart_history.find((one) => one.restart_id === restart.restart_id) ?? row;
    const tookMs = runtime.monotonicMs() - startedAt;
    const ended = row !== null && hasEnded(row, status);
    if (ended || tookMs + LOOK_EVERY_MS > waitMs) return { row, ended, tookMs };
    await sleep(runtime, LOOK_EVERY_MS);
  }
}

/** What is restarted may be away for a moment, and its store too. */
function away(error: unknown): null {
  if (error instanceof CommandError && (error.exit === EXIT.unreachable || error.code === "SERVICE_UNAVAILABLE")) {
    return null;
  }
  throw error;
}

/** A platform that tells what becomes of a deployment is waited for; of others, having been told is all there is. */
function hasEnded({ decision, deployment, progress }: RestartRow, status: WorkerStatus | null): boolean {
  if (decision === "in_progress") return false;
  const isTold = deployment !== undefined && status?.platform.capabilities.includes("status");
  return decision !== "executed" || !isTold || (progress !== undefined && progress !== "running");
}
