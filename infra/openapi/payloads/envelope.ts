/** What is round a payload: the envelope of what went well, and the body of what did not. */
import * as v from "valibot";
import { CODES, type ErrorCode } from "../../../lib/http/codes.ts";
import { count, isoTime, someText } from "./values.ts";

const meta = { timestamp: isoTime, app_version: v.string() };
export const metaSchema = v.strictObject(meta);

/** @param more Of the meta, beside what it always has. */
export const success = (data: v.GenericSchema, more?: v.ObjectEntries) =>
  v.strictObject({
    success: v.literal(true),
    data,
    meta: more ? v.strictObject({ ...meta, ...more }) : metaSchema,
  });

export const problemSchema = v.strictObject({
  success: v.literal(false),
  error: v.strictObject({
    code: v.picklist(Object.keys(CODES) as ErrorCode[]),
    message: someText,
    details: v.optional(v.pipe(v.unknown(), v.description("Outside production only."))),
  }),
  meta: v.strictObject({
    ...meta,
    request_id: someText,
    retry_after_seconds: v.optional(v.pipe(count, v.minValue(1))),
  }),
  type: v.pipe(v.string(), v.startsWith("urn:tidegate:problem:")),
  title: someText,
  status: count,
  detail: someText,
  instance: v.pipe(v.string(), v.startsWith("/")),
  retryable: v.boolean(),
});
