/** What is asked by machines: monitors, balancers, schedulers. */
import * as v from "valibot";
import {
  deepSchema,
  healthSchema,
  ietfSchema,
  liveSchema,
  misconfiguredSchema,
  notReadySchema,
  readySchema,
} from "../../../lib/contract/health.ts";
import { tickSchema } from "../../../lib/contract/restarts.ts";
import { enveloped, json, type Operations } from "../operation.ts";

const both = (description: string, payload: v.GenericSchema) => ({
  description,
  content: { "application/json": payload, "application/health+json": ietfSchema },
});

export const HEALTH: Operations = {
  "GET /health": {
    id: "health",
    summary: "The verdict on the fleet, at most some seconds old",
    tag: "Health",
    answers: {
      200: both("`healthy` or `degraded`", healthSchema),
      503: both("`unhealthy`, with the same payload", v.union([healthSchema, misconfiguredSchema])),
    },
  },
  "GET /health/deep": {
    id: "healthDeep",
    summary: "The same with latencies and the times of statements",
    tag: "Health",
    access: "monitor",
    answers: {
      200: both("`healthy` or `degraded`", deepSchema),
      503: both("`unhealthy`, with the same payload; or nobody can be let in", deepSchema),
    },
    problems: ["Unauthorized", "TooMany", "Unavailable"],
  },
  "GET /health/live": {
    id: "healthLive",
    summary: "Whether the instance runs; no I/O at all",
    tag: "Health",
    answers: { 200: json("It does", liveSchema) },
  },
  "GET /health/ready": {
    id: "healthReady",
    summary: "Whether the instance takes requests; the database counts for nothing here",
    tag: "Health",
    answers: { 200: json("It does", readySchema), 503: json("It starts, or ends", notReadySchema) },
  },
  "GET /metrics": {
    id: "metrics",
    summary: "The fleet in figures, for Prometheus; open to everybody with `METRICS_PUBLIC=true`",
    tag: "Health",
    access: "monitor",
    answers: {
      200: {
        description:
          "The text format, version 0.0.4; by `Accept` OpenMetrics 1.0.0, or delimited messages of Protocol Buffers",
        headers: [],
        content: { "text/plain": null, "application/openmetrics-text": null, "application/vnd.google.protobuf": null },
      },
    },
    problems: ["Unauthorized", "TooMany", "Unavailable"],
  },
  ...Object.fromEntries(
    ["GET", "POST"].map((method) => [
      `${method} /internal/watchdog`,
      {
        id: method === "GET" ? "watchdog" : "watchdogPost",
        summary: "One look of the watchdog, for a scheduler",
        tag: "Health",
        access: "cron",
        answers: { 200: enveloped("What came of it", tickSchema) },
        problems: ["Unauthorized", "NotFound", "TooMany", "Unavailable"],
      },
    ]),
  ),
};
