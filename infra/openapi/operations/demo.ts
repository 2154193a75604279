/** What the demo adds: reports, traces and pages. */
import * as v from "valibot";
import { success } from "../../../lib/contract/envelope.ts";
import { type Answer, type Operations, text } from "../operation.ts";
import * as plant from "../plant.ts";

/** Of whatever counts towards a client's limit. */
const COUNTED = ["TooMany", "Unavailable"] as const;
const QUERIED = ["Invalid", "TooMany", "QueryFailed", "DatabaseUnavailable", "QueryTimeout"] as const;
const LIMITS = ["RateLimit", "RateLimit-Policy"] as const;

function table(data: v.GenericSchema, meta: v.ObjectEntries): Answer {
  const headers = "paging" in meta ? [...LIMITS, "Link"] : LIMITS;
  const content = { "application/json": success(data, meta), "text/csv": null };
  return { description: "Rows, for a program or for a spreadsheet", headers, content };
}

export const DEMO: Operations = {
  "GET /api/reports/wip-summary": {
    id: "wipSummary",
    summary: "Lots and wafers in the plant",
    tag: "Reports",
    answers: { 200: table(plant.wipRows, plant.wipMeta) },
    problems: QUERIED,
  },
  "GET /api/reports/reject-history": {
    id: "rejectHistory",
    summary: "Rejected dice in a range of time, as a Pareto",
    tag: "Reports",
    answers: { 200: table(plant.rejectRows, plant.rejectMeta) },
    problems: QUERIED,
  },
  "GET /api/reports/hold-history": {
    id: "holdHistory",
    summary: "Holds, the latest first",
    tag: "Reports",
    answers: { 200: table(plant.holdRows, plant.holdMeta) },
    problems: QUERIED,
  },
  "GET /api/trace/lineage": {
    id: "lineage",
    summary: "Where a lot's wafers came from, and where they went",
    tag: "Traces",
    answers: { 200: table(plant.lineageData, plant.lineageMeta) },
    problems: [...QUERIED, "NotFound"],
  },
  "GET /api/trace/events": {
    id: "events",
    summary: "The history of some lots, oldest first; as CSV without a `limit` the whole of it",
    tag: "Traces",
    answers: { 200: table(plant.eventRows, plant.eventMeta) },
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
