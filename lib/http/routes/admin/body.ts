/** A JSON object with the names that are given, and no others. */
import * as v from "valibot";

/** An array passes for an object elsewhere, with nothing in it. */
const notArray = v.custom<object>((found) => !Array.isArray(found), "an object");

export function jsonObject<Output>(schema: v.GenericSchema<unknown, Output>): v.GenericSchema<unknown, Output> {
  return v.pipe(notArray as v.GenericSchema<unknown, unknown>, schema);
}
