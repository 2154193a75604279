/** How every cell is configured, where cases have to know. */

export const TOKENS = {
  admin: "an-admin-token-that-is-long-enough-to-pass",
  monitor: "a-monitor-token-that-is-long-enough-to-pass",
  cron: "a-secret-of-the-scheduler-long-enough",
} as const;

export const bearer = (token: string): { readonly authorization: string } => ({ authorization: `Bearer ${token}` });

export const ORIGIN = "https://shop.example";
export const REQUESTS_PER_MINUTE = 1_000;
export const CALL_TIMEOUT_MS = 2_000;
export const POOL_TIMEOUT_MS = 1_000;
/** Once PostgreSQL is back. */
export const HEALS_WITHIN_MS = 30_000;
/** Beyond a deadline, on a machine that runs several of these at once. */
export const GRACE_MS = 3_000;
