/** Wrong parameters: refused before any SQL, each by its name and with what was expected. */
import { Hono } from "hono";
import { type KeepRoute, ProblemError, type TidegateEnv } from "tidegate";
import { expect, test } from "vitest";
import { reports } from "../../functions/routes/reports.ts";
import { trace } from "../../functions/routes/trace.ts";
import { DIALECTS } from "../../functions/sql/dialect.ts";

interface Issue {
  parameter: string;
  expected: string;
}

const keepNothing: KeepRoute = () => (_, next) => next();
/** There is no database here: a handler that is reached fails. */
const app = new Hono<TidegateEnv>()
  .route("/reports", reports(DIALECTS.postgres, keepNothing))
  .route("/trace", trace(DIALECTS.postgres, keepNothing));
app.onError((error, c) =>
  error instanceof ProblemError ? c.json(error.problem, 400) : c.json({ code: "REACHED_THE_DATABASE" }, 500),
);

async function ask(path: string): Promise<{ code: string; details: Issue[] }> {
  return (await (await app.request(path)).json()) as { code: string; details: Issue[] };
}

test.each<readonly [path: string, parameter: string, expected: string]>([
  ["/reports/wip-summary?group_by=colour", "group_by", "product, route, operation, state"],
  ["/reports/wip-summary?group_by=", "group_by", "must be one or more of"],
  ["/reports/wip-summary?group_by=product&group_by=", "group_by", "must be one or more of"],
  ["/reports/wip-summary?group_by=product&group_by=colour", "group_by", "must be one or more of"],
  ["/reports/wip-summary?limit=1&limit=2", "limit", "whole number"],
  ["/reports/reject-history?group_by=cause&group_by=day", "group_by", "must be one of cause"],
  ["/reports/wip-summary?state=shipped", "state", "queued, running, on_hold"],
  ["/reports/wip-summary?limit=5001", "limit", "whole number from 1 to 5000"],
  ["/reports/wip-summary?limit=1e3", "limit", "whole number"],
  ["/reports/wip-summary?product=AX100'--", "product", "must be product codes, 1 to 50"],
  [
    "/reports/wip-summary?prodcut=AX100",
    "prodcut",
    "is not a parameter of this endpoint, which knows group_by, product",
  ],
  ["/reports/wip-summary?__proto__=1", "__proto__", "is not a parameter"],
  ["/reports/reject-history?from=yesterday", "from", "must be a day (2026-05-31) or an instant in UTC"],
  ["/reports/reject-history?from=2026-02-30", "from", "must be a day"],
  ["/reports/reject-history?from=2026-02-30T10:00:00Z", "from", "must be a day"],
  ["/reports/reject-history?to=2026-05-01T25:00:00Z", "to", "must be a day"],
  ["/reports/reject-history?to=2026-05-01T10:00:00", "to", "must be a day"],
  ["/reports/reject-history?from=9999-12-31", "from", "of the years 1900 to 2999"],
  ["/reports/reject-history?to=9999-12-31", "to", "of the years 1900 to 2999"],
  ["/reports/reject-history?from=3000-01-01", "from", "of the years 1900 to 2999"],
  ["/reports/reject-history?from=0000-01-01T00:00:00Z", "from", "of the years 1900 to 2999"],
  ["/reports/reject-history?from=%2B010000-01-01", "from", "must be a day"],
  ["/reports/reject-history?from=-000001-01-01", "from", "must be a day"],
  ["/trace/events?lots=L1&to=9999-12-31", "to", "of the years 1900 to 2999"],
  ["/reports/reject-history?from=2026-05-02&to=2026-05-01", "to", "must be after from"],
  ["/reports/reject-history?from=2026-05-02T00:00:00Z&to=2026-05-02T00:00:00Z", "to", "must be after from"],
  ["/reports/reject-history?from=2024-01-01&to=2026-01-01", "to", "must be at most 366 days after from"],
  ["/reports/reject-history?group_by=weekday", "group_by", "must be one of cause, product, operation, equipment, day"],
  ["/reports/hold-history?open=yes", "open", "must be true or false"],
  ["/reports/hold-history?cursor=abc", "cursor", "must be the next_cursor of an earlier answer"],
  [`/reports/hold-history?cursor=${btoa("2026-01-01T00:00:00.000Z~1 or 1=1")}`, "cursor", "must be the next_cursor"],
  [`/reports/hold-history?cursor=${btoa("2026-13-01T00:00:00.000Z~1")}`, "cursor", "must be the next_cursor"],
  ...[
    "0000-01-01T00:00:00.000Z",
    "1899-12-31T00:00:00.000Z",
    "9999-12-31T23:59:59.999Z",
    "2026-02-30T00:00:00.000Z",
  ].map((at) => [`/reports/hold-history?cursor=${btoa(`${at}~1`)}`, "cursor", "must be the next_cursor"] as const),
  ["/trace/lineage", "lot", "must be a lot number"],
  ["/trace/lineage?lot=L1%27;drop", "lot", "must be a lot number"],
  ["/trace/lineage?lot=L1&max_depth=51", "max_depth", "whole number from 1 to 50"],
  ["/trace/lineage?lot=L1&direction=sideways", "direction", "must be one of both, ancestors, descendants"],
  ["/trace/events", "lots", "must be lot numbers, 1 to 100"],
  [`/trace/events?lots=${Array.from({ length: 101 }, (_, n) => `L${n}`)}`, "lots", "1 to 100"],
  ["/trace/events?lots=L1,,L2", "lots", "must be lot numbers"],
  ["/trace/events?lots=L1&types=ship", "types", "track_in, track_out, hold, release, split, merge, scrap"],
])("%s names %s", async (path, parameter, expected) => {
  const { code, details } = await ask(path);
  expect(code).toBe("VALIDATION_ERROR");
  expect(details).toEqual([{ parameter, expected: expect.stringContaining(expected) }]);
});

test("everything that is wrong is answered at once", async () => {
  const { details } = await ask("/reports/reject-history?from=x&to=y&limit=0&nonsense=1");
  expect(details.map(({ parameter }) => parameter).sort()).toEqual(["from", "limit", "nonsense", "to"]);
});

test.each([
  "/reports/wip-summary?group_by=state,product&limit=5000",
  "/reports/wip-summary?group_by=state&group_by=product&state=queued&state=running,on_hold",
  "/reports/wip-summary?product=AX100&product=BX200,CX300&route=R1&route=R2&operation=O1&operation=O2",
  "/reports/reject-history?cause=C1&cause=C2&product=P1&product=P2&operation=O1&operation=O2&equipment=E1&equipment=E2",
  "/reports/hold-history?reason=A&reason=B&lot=L1&lot=L2",
  "/reports/reject-history?from=1900-01-01&to=1900-01-02",
  "/reports/reject-history?from=2999-12-31",
  "/trace/events?lots=L1&lots=L2&types=hold&types=release",
  "/reports/reject-history?from=2024-01-01&to=2024-12-31",
  "/reports/hold-history?from=2026-05-01T06:00:00Z&to=2026-05-01&open=true",
  "/trace/events?lots=L1,L0000001.05&types=hold,release",
])("%s is fine", async (path) => {
  expect(await ask(path)).toEqual({ code: "REACHED_THE_DATABASE" });
});
