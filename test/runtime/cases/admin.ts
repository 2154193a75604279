/** What operators do: force the breaker, restart by a webhook, and find both in the audit. */
import { createHmac } from "node:crypto";
import { expect } from "vitest";
import { WANTS_NEW } from "../../support/demo.ts";
import { eventually } from "../../support/processes.ts";
import type { Case, Scene } from "../cell.ts";
import { bearer, TOKENS } from "../settings.ts";

const REPORT = "/api/reports/wip-summary?limit=1";
const RESTART = "/admin/api/worker/restart";
const override = (reason: string) => ({ manual_override: true, override_acknowledged: true, override_reason: reason });

const historyOf = async ({ admin }: Scene) => (await admin("/admin/api/worker/status")).body.data.restart_history;

export const ADMIN_CASES: readonly Case[] = [
  {
    name: "admin addresses are for admins",
    run: async ({ ask }) => {
      for (const path of ["/admin/api/system-status", "/admin/api/worker/status", "/admin/api/audit"]) {
        expect([path, (await ask(path)).body.error.code]).toEqual([path, "UNAUTHORIZED"]);
        const monitor = await ask(path, { headers: bearer(TOKENS.monitor) });
        expect([monitor.status, monitor.body.error.code]).toEqual([403, "FORBIDDEN"]);
      }
      expect((await ask("/admin")).text).toContain("sign-in-form");
      expect((await ask("/admin", { headers: bearer(TOKENS.admin) })).text).toContain("Gate main");
    },
  },
  {
    name: "an operator forces the breaker open, and gives it back",
    run: async ({ ask, admin }) => {
      const forced = await admin("/admin/api/breaker", { mode: "force_open", ttl_seconds: 60, reason: "a migration" });
      expect(forced.body.data.forced).toMatchObject({ mode: "force_open", actor: "ada", reason: "a migration" });
      const refused = await ask(REPORT, WANTS_NEW);
      expect([refused.status, refused.body.error.code]).toEqual([503, "CIRCUIT_BREAKER_OPEN"]);
      expect(refused.body).toMatchObject({ retryable: true, meta: { retry_after_seconds: expect.any(Number) } });
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
      expect(refused.headers.get("cache-control")).toBe("no-store");
      const status = (await admin("/admin/api/system-status")).body.data;
      expect(status.circuit_breaker.forced).toMatchObject({ mode: "force_open", actor: "ada" });
      await admin("/admin/api/breaker", { mode: "auto", reason: "done" });
      await eventually("reports again", async () => (await ask(REPORT, WANTS_NEW)).status === 200);
    },
  },
  {
    name: "an operator has what is kept forgotten, and the next who asks gets a new answer",
    run: async ({ ask, admin }) => {
      const statusOf = async () => (await ask(REPORT)).headers.get("cache-status") ?? "";
      await eventually("a report is kept", async () => /^tidegate; hit; ttl=/.test(await statusOf()));
      const prefix = "GET /api/reports/";
      const { status, body } = await admin("/admin/api/kept/forget", { prefix, reason: "figures of a wrong day" });
      expect([status, body.data]).toEqual([200, { by: "prefix", value: prefix }]);
      await eventually("it is forgotten", async () => /^tidegate; fwd=miss/.test(await statusOf()));
      expect((await ask("/health")).body.kept).toMatchObject({ oldest_served_seconds: expect.any(Number) });
    },
  },
  {
    name: "a session of the console signs in, acts from its own pages with its token alone, and signs out",
    run: async ({ ask, deployment }) => {
      const json = { "content-type": "application/json" };
      const signIn = await ask("/admin/api/session", {
        method: "POST",
        headers: json,
        body: JSON.stringify({ token: TOKENS.admin }),
      });
      const cookie = (signIn.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
      expect(signIn.headers.get("set-cookie")).toMatch(/HttpOnly.*SameSite=Strict/i);
      const csrf = { "x-csrf-token": signIn.body.data.csrf_token };
      expect((await ask("/admin/api/system-status", { headers: { cookie } })).status).toBe(200);

      const { origin } = new URL(deployment.url);
      const act = (headers: Record<string, string>) =>
        ask("/admin/api/breaker", {
          method: "POST",
          headers: { ...json, cookie, ...headers },
          body: JSON.stringify({ mode: "auto", reason: "nothing" }),
        });
      expect((await act({ origin })).status).toBe(403);
      expect((await act({ origin: "https://evil.example", ...csrf })).status).toBe(403);
      expect((await act({ origin, ...csrf })).status).toBe(200);
      const headers = { ...json, cookie, origin, ...csrf };
      const signOut = await ask("/admin/api/session", { method: "DELETE", headers });
      expect([signOut.status, signOut.headers.get("set-cookie")]).toEqual([
        200,
        expect.stringMatching(/=;.*Max-Age=0/i),
      ]);
    },
  },
  {
    name: "a restart is handed to the platform, signed, once, and is on record",
    run: async (scene) => {
      const { admin, receiver } = scene;
      const key = { "idempotency-key": "restart-1" };
      const goOn = receiver.hold();
      const asked = admin(RESTART, { reason: "a new version" }, key);
      try {
        await eventually("the platform is asked", () => receiver.received.length === 1);
        const meanwhile = await admin(RESTART, {});
        expect([meanwhile.status, meanwhile.body.error?.code]).toEqual([409, "RESTART_IN_PROGRESS"]);
      } finally {
        goOn();
      }
      const first = await asked;
      expect([first.status, first.body.error ?? null]).toEqual([202, null]);
      expect(first.body.data).toMatchObject({
        requested_by: "ada",
        decision: { decision: "allowed" },
        platform: { hook: "webhook" },
      });
      const again = await admin(RESTART, { reason: "a new version" }, key);
      expect([again.status, again.body.data.restart_id]).toEqual([202, first.body.data.restart_id]);
      const other = await admin(RESTART, { reason: "another" }, key);
      expect([other.status, other.body.error.code]).toEqual([422, "IDEMPOTENCY_KEY_REUSED"]);

      expect(receiver.received).toHaveLength(1);
      const [sent] = receiver.received;
      if (!sent) throw new Error("nothing was sent");
      const { headers, body } = sent;
      const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
      const secret = Buffer.from(receiver.secret.slice("whsec_".length), "base64");
      const signature = createHmac("sha256", secret).update(signed).digest("base64");
      expect(headers["webhook-signature"]).toBe(`v1,${signature}`);
      expect((await historyOf(scene)).at(-1)).toMatchObject({
        ...{ requested_by: "ada", success: true, source: "manual", decision: "executed" },
        ...{ decision_reason: "a new version", manual_override: false },
      });
    },
  },
  {
    name: "a second one has to wait, or needs an override with a reason",
    run: async ({ admin, receiver }) => {
      const early = await admin(RESTART, {});
      expect([early.status, early.body.error.code]).toEqual([429, "TOO_MANY_REQUESTS"]);
      // Who followed it would restart for real once that is over.
      expect(early.headers.get("retry-after")).toBeNull();
      const silent = await admin(RESTART, { manual_override: true, override_acknowledged: true });
      expect([silent.status, silent.body.error.code]).toEqual([400, "RESTART_OVERRIDE_REASON_REQUIRED"]);
      const text = await admin(RESTART, { manual_override: "true" });
      expect([text.status, text.body.error.code]).toEqual([400, "VALIDATION_ERROR"]);
      expect(receiver.received).toHaveLength(1);
      const passed = await admin(RESTART, override("it is stuck"));
      expect([passed.status, passed.body.data?.decision.decision]).toEqual([202, "manual_override"]);
      expect(receiver.received).toHaveLength(2);
    },
  },
  {
    name: "a platform that refuses is told, and too many attempts are blocked",
    run: async (scene) => {
      const { admin, receiver } = scene;
      receiver.answer(400);
      const failed = await admin(RESTART, override("once more"));
      receiver.answer(202);
      expect([failed.status, failed.body.error.code]).toEqual([502, "RESTART_FAILED"]);
      expect((await historyOf(scene)).at(-1)).toMatchObject({ success: false, decision: "failed" });
      const blocked = await admin(RESTART, {});
      expect([blocked.status, blocked.body.error.code]).toEqual([409, "RESTART_POLICY_BLOCKED"]);
      const policy = (await admin("/admin/api/worker/status")).body.data.resilience.policy_state;
      expect(policy).toMatchObject({ state: "blocked", attempts_in_window: 3, retry_budget: 3 });
    },
  },
  {
    name: "all of it is in the audit, chained",
    run: async ({ admin }) => {
      const records: { position: number; action: string; actor: string; previous: string; hash: string }[] = [];
      for (let cursor: string | null = ""; cursor !== null; ) {
        const { body } = await admin(`/admin/api/audit?limit=5${cursor && `&cursor=${cursor}`}`);
        records.push(...body.data.records);
        cursor = body.data.next_cursor;
      }
      expect(records.at(-1)?.position).toBe(1);
      for (const [at, record] of records.slice(0, -1).entries()) expect(record.previous).toBe(records[at + 1]?.hash);
      expect(new Set(records.map(({ actor }) => actor))).toEqual(new Set(["ada"]));
      const actions = records.map(({ action }) => action);
      for (const action of ["breaker.override", "kept.forget", "kept.outcome", "restart", "restart.outcome"])
        expect(actions).toContain(action);
    },
  },
];
