/** What payloads are made of. */
import * as v from "valibot";

export const isoTime = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  v.metadata({ format: "date-time" }),
);
export const count = v.pipe(v.number(), v.integer(), v.minValue(0));
export const amount = v.pipe(v.number(), v.minValue(0));
export const ratio = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
export const someText = v.pipe(v.string(), v.minLength(1));
