/** Trying again where somebody else was faster: a bounded number of times, after pauses that grow and are drawn. */
import type { Runtime } from "../../runtime.ts";
import { sleep } from "../../time.ts";

/** With the pauses below half a second, by which the caller has long gone on without the store. */
const ATTEMPTS = 60;
const FIRST_PAUSE_MS = 2;
/** Short, since the gaps that others leave are. */
const LONGEST_PAUSE_MS = 16;

/** What an attempt answers whose check failed. */
export const OTHERS_WERE_FASTER: unique symbol = Symbol("others were faster");

/**
 * Only what surely changed nothing is tried again: a failed check, and a file that another process holds. Any other error
 * is the caller's, who cannot know whether a commit took effect, and whose renewals are safe to send again.
 *
 * @param what Begins the error.
 * @throws Error when all attempts were in vain.
 * @example
 * ```ts
 * const value = await retried(runtime, "deno-kv: count", async () => {
 *   const [found] = await kv.getMany([key]);
 *   const { ok } = await kv.atomic().check(found).set(key, found.value + 1).commit();
 *   return ok ? found.value + 1 : OTHERS_WERE_FASTER;
 * });
 * ```
 */
export async function retried<Value>(
  runtime: Runtime,
  what: string,
  attempt: () => Promise<Value | typeof OTHERS_WERE_FASTER>,
): Promise<Value> {
  let found = "others were faster";
  for (let n = 0; n < ATTEMPTS; n++) {
    if (n > 0) await sleep(runtime, runtime.random() * longestPauseMs(n));
    try {
      const value = await attempt();
      if (value !== OTHERS_WERE_FASTER) return value;
    } catch (error) {
      if (!isLocked(error)) throw error;
      found = "the file was locked by another process";
    }
  }
  throw new Error(
    `${what}: one of ${ATTEMPTS} attempts must succeed, in each ${found}; send less often, or from fewer`,
  );
}

const longestPauseMs = (n: number): number => Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(n - 1, 10));

/** SQLite's words where Deno keeps its KV in a file: it does not wait for another process, and has done nothing. */
const isLocked = (error: unknown): boolean => error instanceof Error && error.message.includes("database is locked");
