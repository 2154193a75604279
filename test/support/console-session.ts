/** Signing in to the console behind the guarded routes, and what a browser then sends. */
import { expect } from "vitest";
import type { GuardedRoutes } from "./guarded-routes.ts";

export const ADA = "ada-token-of-more-than-16";
export const MONITOR = "prometheus-token-of-more-than-16";
export const SECRET = "N4vR7yQ2kXb9WmZc5TgHs8JdLf3PpUe6AqYi0KoVx1tB";
export const CONSOLE_ENV = {
  ADMIN_TOKENS: `ada:${ADA}`,
  MONITOR_TOKENS: `prometheus:${MONITOR}`,
  SESSION_SECRET: SECRET,
};
export const SITE = "https://ops.example.com";
export const JSON_TYPE = { "Content-Type": "application/json" };

export interface SignedIn {
  readonly cookie: string;
  readonly csrf: string;
  readonly setCookie: string;
}

export const signInAt = ({ app }: GuardedRoutes, token: unknown, headers: Record<string, string> = {}, site = SITE) =>
  app.request(`${site}/admin/api/session`, {
    method: "POST",
    headers: { ...JSON_TYPE, ...headers },
    body: JSON.stringify({ token }),
  });

export async function signIn(routes: GuardedRoutes, token = ADA, site = SITE): Promise<SignedIn> {
  const response = await signInAt(routes, token, {}, site);
  expect(response.status).toBe(200);
  const setCookie = response.headers.get("set-cookie") ?? "";
  const [cookie = ""] = setCookie.split(";");
  return { cookie, setCookie, csrf: (await response.json()).data.csrf_token };
}

export const look = async ({ app }: GuardedRoutes, cookie: string) =>
  app.request(`${SITE}/admin/api/system-status`, { headers: { Cookie: cookie } });

/** As the console asks for a restart; what is undefined is left out. */
export function restart({ app }: GuardedRoutes, headers: Record<string, string | undefined>, url = SITE) {
  const given = Object.entries({ Origin: SITE, ...JSON_TYPE, ...headers }).filter(([, value]) => value !== undefined);
  const init = { method: "POST", headers: given as [string, string][], body: "{}" };
  return app.request(`${url}/admin/api/worker/restart`, init);
}
