/** What the demo adds: reports, traces and pages. */
import * as v from "valibot";
import { staleSchema, success } from "../../../lib/contract/envelope.ts";
import { type Operation, type Operations, text } from "../operation.ts";
import * as plant from "../plant.ts";

/** Of whatever counts towards a client's limit. */
const COUNTED = ["TooMany", "Unavailable"] as const;
const QUERIED = ["Invalid", "TooMany", "QueryFailed", "DatabaseUnavailable", "QueryTimeout"] as const;
const LIMITS = ["RateLimit", "RateLimit-Policy"] as const;

/** Of an answer that is kept: when it was made, and why it is given again. */
const KEPT = ["Age", "Cache-Status", "ETag", "Retry-After", "Tidegate-As-Of"] as const;

/** Kept: the last good answer stands in for a new one, and who has it is not sent it again. */
function table(data: v.GenericSchema, meta: v.ObjectEntries): Operation["answers"] {
  const headers = [...LIMITS, ...KEPT, ...("paging" in meta ? ["Link"] : [])];
  const content = { "application/json": success(data, { ...meta, stale: v.optional(staleSchema) }), "text/csv": null };
  return {
    200: { description: "Rows, for a program or for a spreadsheet", headers, content },
    304: { description: "As before", headers: [...LIMITS, ...KEPT], content: {} },
  };
}

export const DEMO: Operations = {
  "GET /api/reports/wip-summary": {
    id: "wipSummary",
    summary: "Lots and wafers in the plant",
    tag: "Reports",
    answers: table(plant.wipRows, plant.wipMeta),
    problems: QUERIED,
  },
  "GET /api/reports/reject-history": {
    id: "rejectHistory",
    summary: "Rejected dice in a range of time, as a Pareto",
    tag: "Reports",
    answers: table(plant.rejectRows, plant.rejectMeta),
    problems: QUERIED,
  },
  "GET /api/reports/hold-history": {
    id: "holdHistory",
    summary: "Holds, the latest first",
    tag: "Reports",
    answers: table(plant.holdRows, plant.holdMeta),
    problems: QUERIED,
  },
  "GET /api/trace/lineage": {
    id: "lineage",
    summary: "Where a lot's wafers came from, and where they went",
    tag: "Traces",
    answers: table(plant.lineageData, plant.lineageMeta),
    problems: [...QUERIED, "NotFound"],
  },
  "GET /api/trace/events": {
    id: "events",
    summary: "The history of some lots, oldest first; as CSV without a `limit` the whole of it",
    tag: "Traces",
    answers: table(plant.eventRows, plant.eventMeta),
    problems: [...QUERIED, "NotFound"],
  },
  "GET /": {
    id: "home",
    summary: "The report page",
    tag: "Pages",
    answers: { 200: text("text/html", "A page", LIMITS) },
    problems: COUNTED,
  },
  "GET /mes-api.js": {
    id: "client",
    summary: "The browser client, which defines `window.MesApi`",
    tag: "Pages",
    answers: {
      200: text("text/javascript", "A script", [...LIMITS, "ETag"]),
      304: { description: "As before", headers: [...LIMITS, "ETag"], content: {} },
    },
    problems: COUNTED,
  },
  "GET /openapi.json": {
    id: "openapi",
    summary: "This description",
    tag: "Pages",
    answers: {
      200: {
        description: "OpenAPI 3.1",
        headers: [...LIMITS, "ETag"],
        content: { "application/json": v.record(v.string(), v.unknown()) },
      },
      304: { description: "As before", headers: [...LIMITS, "ETag"], content: {} },
    },
    problems: COUNTED,
  },
};
