/**
 * The last report in a place of its own, for who can neither compute nor ask the fleet. Such a place may be behind
 * by a minute, as Cloudflare KV is; so the time stands beside the payload, and it is believed no longer than any other.
 */
import type { EventLog } from "../log/events.ts";
import type { Runtime } from "../runtime.ts";
import { amount, fromJson, object, text } from "../shape.ts";
import { withDeadline } from "../time.ts";
import type { Memoized } from "./last-value.ts";
import { USELESS_AFTER_MS } from "./memo.ts";
import { type Report, readReport } from "./report.ts";

/** What a KV namespace of Cloudflare is, as far as it is used here. */
export interface HealthKeep {
  /** Null where there is none. */
  get(key: string): Promise<string | null>;
  /** Keeps a text for `expirationTtl` seconds. */
  put(key: string, value: string, options: { readonly expirationTtl: number }): Promise<unknown>;
}

export interface PersistedReport {
  /** Nobody waits for it. */
  write(report: Report): void;
  /** Null for what is too old to say anything, and where it does not answer in time. Never rejects. */
  read(): Promise<Memoized<Report> | null>;
}

const entry = object({ at: amount, report: text });

export interface PersistedReportOptions {
  readonly keep: HealthKeep;
  readonly key: string;
  /** Outlives the answer, where the platform can be told. */
  readonly waitUntil: ((work: Promise<unknown>) => void) | undefined;
  readonly runtime: Runtime;
  readonly log: EventLog;
}

/** The least that Cloudflare takes. */
const EXPIRES_SECONDS = 60;
/** Who asks has waited for a computation before. */
const ANSWER_WITHIN_MS = 200;

export function createPersistedReport(options: PersistedReportOptions): PersistedReport {
  const { keep, key, waitUntil, runtime, log } = options;
  const found = async (): Promise<Memoized<Report> | null> => {
    const kept = fromJson(await keep.get(key));
    if (!entry(kept)) return null;
    const value = readReport(kept.report);
    const ageMs = runtime.wallMs() - kept.at;
    // One from the future comes from a clock that is wrong.
    return value && ageMs >= 0 && ageMs <= USELESS_AFTER_MS ? { value, ageMs, stale: true } : null;
  };
  return {
    write: (report) => {
      const text = JSON.stringify({ at: runtime.wallMs(), report: JSON.stringify(report) });
      const kept = keep
        .put(key, text, { expirationTtl: EXPIRES_SECONDS })
        .catch((error: unknown) => log.debug("health.not_kept", { error }));
      waitUntil?.(kept);
    },
    read: () => withDeadline(found(), { ms: ANSWER_WITHIN_MS, runtime, refuse: () => null }).catch(() => null),
  };
}
