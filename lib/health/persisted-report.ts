/**
 * The last known health in a place of its own, for who can neither compute nor ask the fleet. Such a place may be behind
 * by a minute, as Cloudflare KV is; so the time stands beside the payload, and it is believed no longer than any other.
 */
import type { Log } from "../log/port.ts";
import type { Runtime } from "../runtime.ts";
import type { Memoized } from "./last.ts";
import { USELESS_AFTER_MS } from "./memo.ts";
import { type Report, readReport } from "./report.ts";

/** What a KV namespace of Cloudflare is, as far as it is used here. */
export interface HealthKeep {
  get(key: string): Promise<string | null>;
  put(key: string, value: string, options: { readonly expirationTtl: number }): Promise<unknown>;
}

export interface Keeping {
  /** Nobody waits for it. */
  note(report: Report): void;
  /** Null for what is too old to say anything, and where it does not answer in time. Never rejects. */
  recall(): Promise<Memoized<Report> | null>;
}

export interface KeepingOptions {
  readonly keep: HealthKeep;
  readonly key: string;
  /** Outlives the answer, where the platform can be told. */
  readonly waitUntil: ((work: Promise<unknown>) => void) | undefined;
  readonly runtime: Runtime;
  readonly log: Log;
}

/** The least that Cloudflare takes. */
const EXPIRES_SECONDS = 60;
/** Who asks has waited for a computation before. */
const ANSWER_WITHIN_MS = 200;

export function createKeeping({ keep, key, waitUntil, runtime, log }: KeepingOptions): Keeping {
  const found = async (): Promise<Memoized<Report> | null> => {
    const { at, report } = JSON.parse((await keep.get(key)) ?? "{}") as { at?: number; report?: string };
    const value = report === undefined ? null : readReport(report);
    const ageMs = runtime.wallMs() - (at ?? Number.NaN);
    // One from the future comes from a clock that is wrong.
    return value && ageMs >= 0 && ageMs <= USELESS_AFTER_MS ? { value, ageMs, stale: true } : null;
  };
  return {
    note: (report) => {
      const text = JSON.stringify({ at: runtime.wallMs(), report: JSON.stringify(report) });
      const kept = keep
        .put(key, text, { expirationTtl: EXPIRES_SECONDS })
        .catch((error: unknown) => log.debug("health.not_kept", { error }));
      waitUntil?.(kept);
    },
    recall: () =>
      new Promise((resolve) => {
        const timer = runtime.setTimer(() => resolve(null), ANSWER_WITHIN_MS);
        const end = (memoized: Memoized<Report> | null) => {
          runtime.clearTimer(timer);
          resolve(memoized);
        };
        found().then(end, () => end(null));
      }),
  };
}
