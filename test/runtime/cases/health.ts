/** What monitors ask, while all is well. */
import * as v from "valibot";
import { expect } from "vitest";
import { deepSchema, healthSchema, ietfSchema } from "../../../lib/contract/health.ts";
import { eventually } from "../../support/processes.ts";
import type { Case } from "../cell.ts";
import { bearer, TOKENS } from "../settings.ts";

const issuesOf = (schema: v.GenericSchema, value: unknown) =>
  v.safeParse(schema, value).issues?.map((issue) => `${v.getDotPath(issue)}: ${issue.message}`) ?? [];

export const HEALTH_CASES: readonly Case[] = [
  {
    name: "health is healthy, by the contract's names, status first",
    run: async ({ ask, cell }) => {
      const { body, headers } = await eventually("it is healthy", async () => {
        const answer = await ask("/health");
        return answer.body.status === "healthy" && answer;
      });
      expect(issuesOf(healthSchema, body)).toEqual([]);
      expect(Object.keys(body)[0]).toBe("status");
      expect(body.services.database).toBe("ok");
      expect(body.state_store).toEqual({ kind: cell.store, status: "ok" });
      expect(headers.get("cache-control")).toBe("no-store");
    },
  },
  {
    name: "the verdict is computed once, and its age is true",
    run: async ({ ask }) => {
      const first = await ask("/health");
      const second = await ask("/health");
      expect(second.body.computed_at).toBe(first.body.computed_at);
      expect(second.body.age_ms).toBeGreaterThanOrEqual(first.body.age_ms);
      const later = await eventually("it is computed again", async () => {
        const { body } = await ask("/health");
        return body.computed_at !== first.body.computed_at && body;
      });
      expect(Date.parse(later.computed_at) - Date.parse(first.body.computed_at)).toBeGreaterThanOrEqual(1_900);
    },
  },
  {
    name: "health has the IETF's form for who asks by its name, and no HTML for anybody",
    run: async ({ ask }) => {
      const { body, headers } = await ask("/health", { headers: { accept: "application/health+json" } });
      expect(headers.get("content-type")).toContain("application/health+json");
      expect(issuesOf(ietfSchema, body)).toEqual([]);
      const browser = await ask("/health", { headers: { accept: "text/html,*/*;q=0.8" } });
      expect(browser.headers.get("content-type")).toContain("application/json");
      const wrong = await ask("/health", { method: "DELETE" });
      expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, expect.stringContaining("GET")]);
    },
  },
  {
    name: "deep health and metrics are for monitors and admins",
    run: async ({ ask }) => {
      for (const path of ["/health/deep", "/metrics"]) {
        const nobody = await ask(path);
        expect([path, nobody.status, nobody.body.error.code]).toEqual([path, 401, "UNAUTHORIZED"]);
        expect(nobody.headers.get("www-authenticate")).toContain("Bearer");
        for (const token of [TOKENS.monitor, TOKENS.admin])
          expect((await ask(path, { headers: bearer(token) })).status).toBe(200);
      }
      const { body } = await ask("/health/deep", { headers: bearer(TOKENS.monitor) });
      expect(issuesOf(deepSchema, body)).toEqual([]);
      const { text } = await ask("/metrics", { headers: bearer(TOKENS.monitor) });
      expect(text).toMatch(/^tidegate_breaker_state\{gate="main",state="closed"\} 1$/m);
    },
  },
  {
    name: "it is alive and ready",
    run: async ({ ask }) => {
      expect((await ask("/health/live")).body).toEqual({ status: "alive" });
      expect((await ask("/health/ready")).body).toEqual({ status: "ready" });
    },
  },
  {
    name: "the watchdog looks when its scheduler says so, and for nobody else",
    run: async ({ ask, deployment, receiver }) => {
      expect((await ask("/internal/watchdog")).status).toBe(401);
      expect((await ask("/internal/watchdog", { headers: bearer("forged") })).status).toBe(401);
      for (const method of ["GET", "POST"]) {
        const { status } = await ask("/internal/watchdog", { method, headers: bearer(TOKENS.cron) });
        expect([method, status]).toEqual([method, 200]);
      }
      await deployment.schedule?.();
      expect(receiver.received).toEqual([]);
    },
  },
];
