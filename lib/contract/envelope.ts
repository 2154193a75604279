/** What is round a payload: the envelope of what went well, and the body of what did not. */
import * as v from "valibot";
import { CODES, type ErrorCode, PROBLEM_REASONS } from "./codes.ts";
import type { Payload } from "./contract.ts";
import { count, isoTime, someText } from "./values.ts";

const meta = { timestamp: isoTime, app_version: v.string() };
export const metaSchema = v.strictObject(meta);

/** Of an answer that is given again, since there is no new one. */
export const staleSchema = v.strictObject({
  as_of: isoTime,
  age_seconds: count,
  code: v.picklist(Object.keys(CODES) as ErrorCode[]),
  retry_after_seconds: v.nullable(v.pipe(count, v.minValue(1))),
});

/** @param more Of the meta, beside what it always has. */
export const success = (data: v.GenericSchema, more?: v.ObjectEntries) =>
  v.strictObject({
    success: v.literal(true),
    data,
    meta: more ? v.strictObject({ ...meta, ...more }) : metaSchema,
  });

const failedBehind = "What failed last behind it, as far as known: an error's code, or its name.";
const reasonTold = "What tells errors of one code apart, for programs; in production too.";
const gateNamed = v.pipe(someText, v.description("Whose refusal or failure it is; `main` is the database's."));

/** Those of gates first; then what was wrong with a request, and what other errors tell. */
const detailsSchema = v.union([
  v.strictObject({
    gate: v.optional(gateNamed),
    reason: v.pipe(someText, v.description("Why the gate let nobody in.")),
    last_failure: v.optional(v.pipe(someText, v.description(failedBehind))),
  }),
  v.strictObject({
    gate: v.optional(gateNamed),
    fault: v.pipe(someText, v.description("What went wrong behind the gate.")),
    vendor_code: v.optional(someText),
  }),
  v.array(v.strictObject({ parameter: someText, expected: someText })),
  v.record(v.string(), v.unknown()),
]);

export const problemSchema = v.strictObject({
  success: v.literal(false),
  error: v.strictObject({
    code: v.picklist(Object.keys(CODES) as ErrorCode[]),
    message: someText,
    details: v.optional(v.pipe(detailsSchema, v.description("Outside production only."))),
  }),
  meta: v.strictObject({
    ...meta,
    request_id: someText,
    retry_after_seconds: v.optional(v.pipe(count, v.minValue(1))),
    gate: v.optional(gateNamed),
    reason: v.optional(v.pipe(v.picklist(PROBLEM_REASONS), v.description(reasonTold))),
  }),
  type: v.pipe(v.string(), v.startsWith("urn:tidegate:problem:")),
  title: someText,
  status: count,
  detail: someText,
  instance: v.pipe(v.string(), v.startsWith("/")),
  retryable: v.boolean(),
});
type Described = Payload<typeof problemSchema>;
/** Details are whatever was thrown with it; the schema says what those of Tidegate's own errors are. */
export type ProblemPayload = Omit<Described, "error"> & {
  readonly error: Omit<Described["error"], "details"> & { readonly details?: unknown };
};
