/** The reports and the page: data, CSV, headers, and what is wrong with a request. */
import { expect } from "vitest";
import { OPENAPI } from "../../../functions/openapi.generated.ts";
import type { Case } from "../cell.ts";
import { bearer, ORIGIN, TOKENS } from "../settings.ts";

const REPORTS = ["wip-summary", "reject-history", "hold-history"].map((name) => `/api/reports/${name}`);
const TRACES = ["/api/trace/lineage?lot=L0000012", "/api/trace/events?lots=L0000001,L0000002"];
const REPORT = "/api/reports/wip-summary";
const CSV = { accept: "text/csv" };

export const REPORT_CASES: readonly Case[] = [
  {
    name: "every report and trace answers as JSON, in the envelope",
    run: async ({ ask }) => {
      for (const path of [...REPORTS, ...TRACES]) {
        const { status, body, headers } = await ask(path);
        expect([path, status]).toEqual([path, 200]);
        expect(body).toMatchObject({ success: true, meta: { timestamp: expect.any(String), app_version: "0.1.0" } });
        expect(headers.get("x-request-id")).toMatch(/\S/);
        expect(headers.get("server-timing")).toMatch(/^total;dur=/);
      }
    },
  },
  {
    name: "every report and trace answers as CSV, with a row for each",
    run: async ({ ask }) => {
      for (const path of [...REPORTS, ...TRACES]) {
        const [json, csv] = [await ask(path), await ask(path, { headers: CSV })];
        expect([path, csv.status, csv.headers.get("content-type")]).toEqual([
          path,
          200,
          expect.stringContaining("text/csv"),
        ]);
        const lines = csv.text.trimEnd().split("\r\n");
        expect(lines[0]).toMatch(/^[\w,]+$/);
        const { data } = json.body as { data: unknown[] | { nodes?: unknown[]; events?: unknown[] } };
        if (Array.isArray(data)) expect([path, lines.length - 1]).toEqual([path, data.length]);
      }
    },
  },
  {
    name: "a long result as CSV is complete",
    run: async ({ ask, postgres }) => {
      const lots = Array.from({ length: 20 }, (_, at) => `L${String(at + 1).padStart(7, "0")}`).join(",");
      const [row] = await postgres.query(
        `select count(*)::int as events from fab.lot_events where lot_id in (select lot_id from fab.lots where lot_id = any(string_to_array('${lots}', ',')))`,
      );
      const { text } = await ask(`/api/trace/events?lots=${lots}`, { headers: CSV });
      expect(text.trimEnd().split("\r\n").length - 1).toBe(row?.events);
    },
  },
  {
    name: "all of this is described, and who has the description is not sent it again",
    run: async ({ ask }) => {
      const { status, headers, text } = await ask("/openapi.json");
      expect([status, headers.get("content-type"), text]).toEqual([200, "application/json", OPENAPI]);
      const again = await ask("/openapi.json", { headers: { "if-none-match": headers.get("etag") ?? "" } });
      expect([again.status, again.text]).toEqual([304, ""]);
      const wrong = await ask("/openapi.json", { method: "POST" });
      expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    },
  },
  {
    name: "HEAD is GET without the body",
    run: async ({ ask }) => {
      for (const path of [REPORT, "/health", "/health/live", "/health/ready", "/", "/openapi.json"]) {
        const [get, head] = [await ask(path), await ask(path, { method: "HEAD" })];
        expect([path, head.status, head.text]).toEqual([path, get.status, ""]);
        expect(head.headers.get("content-type")).toBe(get.headers.get("content-type"));
      }
    },
  },
  {
    name: "the page brings its policy, and the client is there as a script",
    run: async ({ ask }) => {
      const page = await ask("/");
      expect(page.headers.get("content-security-policy")).toMatch(/^default-src 'none'/);
      expect(page.text).toMatch(/<h1>/);
      const script = await ask("/mes-api.js");
      expect([script.status, script.headers.get("content-type")]).toEqual([
        200,
        expect.stringContaining("text/javascript"),
      ]);
    },
  },
  {
    name: "another origin that is allowed may ask and read the headers, others may not",
    run: async ({ ask }) => {
      const preflight = await ask(REPORT, {
        method: "OPTIONS",
        headers: { origin: ORIGIN, "access-control-request-method": "GET" },
      });
      expect(preflight.status).toBe(204);
      expect(preflight.headers.get("access-control-allow-origin")).toBe(ORIGIN);
      const allowed = await ask(REPORT, { headers: { origin: ORIGIN } });
      expect(allowed.headers.get("access-control-allow-origin")).toBe(ORIGIN);
      const exposed = allowed.headers.get("access-control-expose-headers") ?? "";
      for (const name of ["Retry-After", "RateLimit", "RateLimit-Policy", "X-Request-Id", "Server-Timing"])
        expect(exposed.toLowerCase()).toContain(name.toLowerCase());
      const other = await ask(REPORT, { headers: { origin: "https://evil.example" } });
      expect(other.headers.get("access-control-allow-origin")).not.toBe("https://evil.example");
    },
  },
  {
    name: "a request that is wrong is told by name",
    run: async ({ ask }) => {
      const { status, body, headers } = await ask(`${REPORT}?limit=-1&colour=red`);
      expect([status, body.error.code]).toEqual([400, "VALIDATION_ERROR"]);
      expect(headers.get("content-type")).toContain("application/problem+json");
      expect(body).toMatchObject({ success: false, status: 400, retryable: false, instance: REPORT });
      const injected = await ask("/api/trace/events?lots=L0000001'%3Bdrop%20table%20fab.lots");
      expect(injected.status).toBe(400);
    },
  },
  {
    name: "what is not there, not allowed, too large or no JSON is told",
    run: async ({ ask }) => {
      expect((await ask("/nowhere")).body.error.code).toBe("NOT_FOUND");
      const wrong = await ask(REPORT, { method: "DELETE" });
      expect([wrong.status, wrong.body.error.code]).toEqual([405, "METHOD_NOT_ALLOWED"]);
      expect(wrong.headers.get("allow")).toContain("GET");
      const json = { ...bearer(TOKENS.admin), "content-type": "application/json" };
      const post = (body: string, headers: Record<string, string>) =>
        ask("/admin/api/breaker", { method: "POST", body, headers });
      const large = await post(JSON.stringify({ reason: "x".repeat(70_000) }), json);
      expect([large.status, large.body.error.code]).toEqual([413, "PAYLOAD_TOO_LARGE"]);
      expect((await post("{", json)).body.error.code).toBe("VALIDATION_ERROR");
      expect((await post("mode=auto", { ...json, "content-type": "text/plain" })).status).toBe(400);
    },
  },
];
