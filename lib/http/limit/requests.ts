/**
 * How many requests one client may make.
 *
 * Map of this folder: `window` counts in this process, `fleet` for the whole fleet; `requests` (this file) limits what
 * an application answers, and says so in the headers of the httpapi draft.
 */
import type { EventLog } from "../../log/events.ts";
import { platformName } from "../../runtime.ts";
import type { LimitRule, LimitVerdict, MaybePromise } from "../../store/port.ts";
import type { AddressOf } from "../address/address.ts";
import { clientOf } from "../address/ip.ts";
import type { Asker } from "../address/peer.ts";
import { ProblemError } from "../problem.ts";
import type { FleetLimiter } from "./fleet.ts";

const WINDOW_MS = 60_000;

/** Cloudflare's rate limiting binding, counted where the request arrives, by the numbers in `wrangler.toml`. */
const BINDING = "RATE_LIMITER";
interface RateLimitBinding {
  limit(options: { readonly key: string }): Promise<{ readonly success: boolean }>;
}

export const requestRule = (perMinute: number): LimitRule => ({
  name: "requests",
  count: perMinute,
  windowMs: WINDOW_MS,
});

/** Headers that an answer gets, by names in lower case: frameworks need not look at how they are written. */
export type LimitHeaders = Readonly<Record<string, string>>;

/**
 * Counts a request. Never fails for want of the store.
 *
 * @throws ProblemError `TOO_MANY_REQUESTS` where the client has made all of its requests.
 */
export type LimitRequest = (asker: Asker) => MaybePromise<LimitHeaders>;

export function limitRequests(
  rule: LimitRule,
  limiter: FleetLimiter,
  addressOf: AddressOf,
  log: EventLog,
): LimitRequest {
  const headersOf = headersBy(rule);
  const bindingOf = platformName() === "workerd" ? bindingIn : () => null;
  const said = new Set<string>();
  const once = (event: "limit.no_address" | "limit.reached_behind_a_proxy", remedy: string) => {
    if (!said.has(event)) log.warn(event, { remedy });
    said.add(event);
  };
  const judged = (verdict: LimitVerdict | null, headers: LimitHeaders, { req }: Asker): LimitHeaders => {
    if (verdict === null || verdict.allowed) return headers;
    if (req.header("x-forwarded-for") ?? req.header("forwarded")) {
      once("limit.reached_behind_a_proxy", "check that TRUSTED_PROXIES has all proxies, or their clients are one");
    }
    throw new ProblemError("TOO_MANY_REQUESTS", "This client has made all the requests that it may make in a minute.", {
      retryAfterMs: verdict.resetMs,
      headers,
    });
  };
  const counted = (verdict: LimitVerdict | null, asker: Asker) =>
    judged(verdict, verdict === null ? {} : headersOf(verdict), asker);
  return (asker) => {
    if (rule.count === 0) return {};
    const ip = addressOf(asker);
    if (ip === null) {
      // One limit for everybody would shut out everybody.
      once("limit.no_address", "hand getConnInfo of the platform's Hono adapter to tidegate({ connInfo })");
      return {};
    }
    const client = clientOf(ip);
    const binding = bindingOf(asker);
    // The binding tells neither what is left nor until when.
    if (binding) return bound(binding, client).then((verdict) => judged(verdict, {}, asker));
    const verdict = limiter.take(client);
    // Most stores count in this process, at once; a promise would cost every request more than the counting.
    return verdict instanceof Promise ? verdict.then((it) => counted(it, asker)) : counted(verdict, asker);
  };
}

/** https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ */
function headersBy({ count, windowMs }: LimitRule): (verdict: LimitVerdict) => LimitHeaders {
  const policy = `"default";q=${count};w=${windowMs / 1_000}`;
  return ({ remaining, resetMs }) => ({
    "ratelimit-policy": policy,
    ratelimit: `"default";r=${Math.max(0, remaining)};t=${Math.ceil(resetMs / 1_000)}`,
  });
}

function bindingIn({ env }: Asker): RateLimitBinding | null {
  const binding = (env as Record<string, unknown> | undefined)?.[BINDING] as Partial<RateLimitBinding> | undefined;
  return typeof binding?.limit === "function" ? (binding as RateLimitBinding) : null;
}

async function bound(binding: RateLimitBinding, key: string): Promise<LimitVerdict | null> {
  try {
    const { success } = await binding.limit({ key });
    return { allowed: success, remaining: 0, resetMs: WINDOW_MS };
  } catch {
    return null;
  }
}
