/**
 * How many requests one client may make.
 *
 * Map of this folder: `window` counts in this process, `fleet` for the whole fleet; `requests` (this file) limits what
 * an application answers, and says so in the headers of the httpapi draft.
 */
import type { Context } from "hono";
import type { Log } from "../../log/port.ts";
import { platformName } from "../../runtime.ts";
import type { LimitRule, LimitVerdict } from "../../store/port.ts";
import type { AddressOf } from "../address/address.ts";
import { clientOf } from "../address/ip.ts";
import { ProblemError } from "../problem.ts";
import type { FleetLimiter } from "./fleet.ts";

/** What Tidegate answers itself is never limited so: probes must see, and who administers has limits of its own. */
const OWN_PATHS = /^\/(?:health|admin|internal|metrics)(?:\/|$)/;
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

/**
 * Counts a request. Never fails for want of the store.
 *
 * @returns Headers that the answer gets.
 * @throws ProblemError `TOO_MANY_REQUESTS` where the client has made all of its requests.
 */
export type LimitRequest = (c: Context) => Promise<Readonly<Record<string, string>>>;

export function limitRequests(rule: LimitRule, limiter: FleetLimiter, addressOf: AddressOf, log: Log): LimitRequest {
  const said = new Set<string>();
  const once = (event: string, remedy: string) => {
    if (!said.has(event)) log.warn(event, { remedy });
    said.add(event);
  };
  return async (c) => {
    if (rule.count === 0 || OWN_PATHS.test(c.req.path)) return {};
    const ip = addressOf(c);
    if (ip === null) {
      // One limit for everybody would shut out everybody.
      once("limit.no_address", "hand getConnInfo of the platform's Hono adapter to tidegate({ connInfo })");
      return {};
    }
    const client = clientOf(ip);
    const binding = bindingOf(c);
    const verdict = binding ? await bound(binding, client) : await limiter.take(client);
    // The binding tells neither what is left nor until when.
    const headers = verdict === null || binding ? {} : headersOf(rule, verdict);
    if (verdict === null || verdict.allowed) return headers;

    if (c.req.header("x-forwarded-for") ?? c.req.header("forwarded")) {
      once("limit.reached_behind_a_proxy", "check that TRUSTED_PROXIES has all proxies, or their clients are one");
    }
    throw new ProblemError("TOO_MANY_REQUESTS", "This client has made all the requests that it may make in a minute.", {
      retryAfterMs: verdict.resetMs,
      headers,
    });
  };
}

/** https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ */
function headersOf({ count, windowMs }: LimitRule, { remaining, resetMs }: LimitVerdict): Record<string, string> {
  return {
    "RateLimit-Policy": `"default";q=${count};w=${windowMs / 1_000}`,
    RateLimit: `"default";r=${Math.max(0, remaining)};t=${Math.ceil(resetMs / 1_000)}`,
  };
}

function bindingOf(c: Context): RateLimitBinding | null {
  if (platformName() !== "workerd") return null;
  const binding = (c.env as Record<string, unknown> | undefined)?.[BINDING] as Partial<RateLimitBinding> | undefined;
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
